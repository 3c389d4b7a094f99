"""The `docker compose` command line: only `up` and `version`; everything else goes by the API."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .command import Finished, Runner

# Docker's own search order for plugins. The plugin run directly does the same without the
# `docker` command starting it a second time, for its metadata.
PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
# No operator's login, context or COMPOSE_* variable may steer where a release goes.
ENVIRONMENT = {
    "HOME": "/nonexistent",
    "DOCKER_CONFIG": "/nonexistent/.docker",
    "DOCKER_HOST": "unix:///var/run/docker.sock",
}


@dataclass(frozen=True)
class Project:
    """A Compose project as it lies on the host: its name, its file, its values."""

    name: str
    file: Path
    env_file: Path


def networks_part(text: str) -> str:
    """Return the top-level `networks` of a rendered project, as it stands there.

    Compose up to 2.26 takes a network that exists as it is, so one whose definition changed has
    to go first.
    """
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if line[:1] not in ("", " ", "#"):
            inside = line.startswith("networks:")
        if inside:
            lines.append(line)
    return "\n".join(lines)


def compose_plugin() -> Path | None:
    """Return Compose's own program; None where only the `docker` command knows it."""
    found = (Path(folder, "docker-compose") for folder in PLUGIN_FOLDERS)
    return next((path for path in found if path.is_file()), None)


def compose_command() -> list[str]:
    """Return what starts Compose on this host."""
    plugin = compose_plugin()
    return [str(plugin)] if plugin else ["docker", "compose"]


def up_arguments(
    project: Project, services: Sequence[str], *, pull: str, anew: bool = False
) -> list[str]:
    """Return the arguments that create and start `services`, and nothing they depend on besides.

    Dependencies among `services` keep their order; a worker that one of them depends on stays off.
    `anew`: also those that Compose takes for what they are to be, as by its hash of them.
    """
    return [
        *("--ansi", "never", "--progress", "quiet"),
        *("--project-name", project.name),
        *("--project-directory", str(project.file.parent)),
        *("--env-file", str(project.env_file)),
        *("--file", str(project.file)),
        *("up", "--detach", "--no-build", "--pull", pull, "--no-deps"),
        *(("--force-recreate",) if anew else ()),
        *("--", *services),
    ]


def up(
    run: Runner,
    project: Project,
    services: Sequence[str],
    *,
    seconds: float,
    pull: str = "never",
    anew: bool = False,
) -> Finished:
    """Create and start `services`; return when Compose has started them, healthy or not."""
    argv = [*compose_command(), *up_arguments(project, services, pull=pull, anew=anew)]
    return run(argv, seconds=seconds, env=ENVIRONMENT, cwd=project.file.parent)


def version(run: Runner) -> str:
    """Return Compose's version as it prints it; '' where there is none."""
    done = run([*compose_command(), "version", "--short"], seconds=20, env=ENVIRONMENT)
    return done.output.strip() if done.is_ok else ""


def version_numbers(text: str) -> tuple[int, ...]:
    """Return the numbers of `v2.26.1-4` as (2, 26, 1); () when there are none."""
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in found.groups() if part) if found else ()
