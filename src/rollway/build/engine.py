"""The Docker Engine of this machine, asked to build and to push."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any

from rollway import exits
from rollway.build.recipe import Recipe
from rollway.errors import RollwayError

Progress = Callable[[str], None]

_SECONDS = 1800
"""Between two lines of a build: a compiler may be silent for long."""
_SHOWN_LINES = 20
_LONGEST_STEP = 120
_FROM_CACHE = "---> Using cache"
_STEP = re.compile(r"Step [0-9/]+ : (?:RUN|COPY|ADD) ")


class Engine:
    """Builds and pushes; RollwayError with the engine's own words when it cannot."""

    def __init__(self) -> None:
        import docker
        from docker.errors import DockerException

        try:
            self._api = docker.from_env(timeout=_SECONDS).api
            self._api.ping()
        except DockerException as error:
            raise RollwayError(
                "docker",
                f"no engine answers: {error}",
                accepted="a running Docker Engine, or DOCKER_HOST naming one",
                next="./invoke lab.up, or systemctl start docker",
                exit_code=exits.REFUSED,
            ) from error

    def build(
        self,
        recipe: Recipe,
        archive: IO[bytes],
        *,
        args: Mapping[str, str],
        labels: Mapping[str, str],
        progress: Progress,
    ) -> None:
        """Build the image from its packed context, and give it its name."""
        answer = self._api.build(
            fileobj=archive,
            custom_context=True,
            dockerfile=recipe.dockerfile,
            tag=f"{recipe.image.name}:{recipe.image.tag}",
            target=recipe.target,
            buildargs=dict(args),
            labels={**recipe.labels, **labels},
            rm=True,
            forcerm=True,
            decode=True,
        )
        follow(f"build of {recipe.image.repository}", _engine_says(answer), progress)

    def push(self, recipe: Recipe, *, login: Mapping[str, str] | None, progress: Progress) -> None:
        """Push the image to the registry that its name says."""
        answer = self._api.push(
            recipe.image.name,
            tag=recipe.image.tag,
            auth_config=dict(login) if login else None,
            stream=True,
            decode=True,
        )
        follow(f"push of {recipe.image.repository}", _engine_says(answer), progress)


def follow(what: str, answer: Iterable[Mapping[str, Any]], progress: Progress) -> None:
    """Report the steps that do something; RollwayError with the last lines when one fails."""
    lines: deque[str] = deque(maxlen=_SHOWN_LINES)
    step = ""
    for part in answer:
        for line in filter(str.strip, str(part.get("stream") or "").splitlines()):
            if step and _FROM_CACHE not in line:
                progress(f"  {' '.join(step.split())[:_LONGEST_STEP]}")
            step = line if _STEP.match(line) else ""
            lines.append(line)
        if "error" in part:
            raise _failure(what, str(part["error"]), lines)


def _engine_says(answer: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The engine's messages; an error that comes instead of one becomes one."""
    from docker.errors import APIError
    from requests import RequestException

    try:
        yield from answer
    except (APIError, RequestException) as error:
        yield {"error": getattr(error, "explanation", None) or error}


def _failure(what: str, error: str, lines: Iterable[str]) -> RollwayError:
    shown = "".join(f"\n  {line}" for line in lines if line.strip())
    return RollwayError(
        what, f"it failed: {error}{shown}", next="mend it and build again", exit_code=exits.FAILED
    )
