"""Names of images, read by the grammar that Docker uses.

Source: the Distribution project's package `reference`; a name without a registry is Docker Hub's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from rollway.errors import RollwayError

_HOST = (
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_REGISTRY = re.compile(rf"(?:{_HOST}|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_WORD = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<repository>{_WORD}(?:/{_WORD})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}))?"
)
_HUB = "docker.io"
_LONGEST = 255


@dataclass(frozen=True)
class Reference:
    """An image by its parts. `tag` is `latest` where neither tag nor digest was written."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None

    @property
    def name(self) -> str:
        return f"{self.registry}/{self.repository}"

    @property
    def selector(self) -> str:
        """What a registry is asked for: the digest, or else the tag."""
        return self.digest or self.tag or "latest"


def parse_reference(text: str) -> Reference:
    """The parts of `[registry/]repository[:tag][@digest]`; RollwayError when it is no such name."""
    registry, rest = _split_registry(text)
    match = _REFERENCE.fullmatch(rest)
    if not match or len(match["repository"]) > _LONGEST:
        raise RollwayError(
            f"image {text!r}",
            "it is not the name of an image",
            accepted="[registry/]repository[:tag][@sha256:…], the repository in lower case",
        )
    repository = match["repository"]
    if registry == _HUB and "/" not in repository:
        repository = f"library/{repository}"
    tag = match["tag"] or (None if match["digest"] else "latest")
    return Reference(registry, repository, tag, match["digest"])


def _split_registry(text: str) -> tuple[str, str]:
    """The first part is a registry when it looks like a host: a dot, a port, or `localhost`."""
    first, slash, rest = text.partition("/")
    looks_like_host = first == "localhost" or any(mark in first for mark in ".:")
    if slash and looks_like_host and _REGISTRY.fullmatch(first):
        return first, rest
    return _HUB, text
