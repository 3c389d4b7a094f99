"""What was built: a file per version under .rollway/builds/, a copy of what the registry holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rollway import names
from rollway.records.files import write_whole
from rollway.release.source import Source


@dataclass(frozen=True)
class Image:
    """One image in the registry. `is_new` is false for one that was there already."""

    service: str
    image: str
    digest: str
    inputs: str
    is_new: bool

    @property
    def pinned(self) -> str:
        return f"{self.image.rpartition(':')[0]}@{self.digest}"


@dataclass(frozen=True)
class Built:
    """All images of one version of an application."""

    app: str
    version: str
    env: str
    source: Source
    images: tuple[Image, ...]
    build_args: Mapping[str, str]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The record, and what `build --json` prints."""
        images = [asdict(image) | {"pinned": image.pinned} for image in self.images]
        return {"schema": 1, **asdict(self), "images": images}


def path_of(built: Built, builds_dir: Path) -> Path:
    """Where the record of a version stands."""
    return builds_dir / names.app_name(built.app) / f"{names.version_name(built.version)}.json"


def save(built: Built, builds_dir: Path) -> None:
    """Write the record, whole or not at all."""
    path = path_of(built, builds_dir)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(built.as_json(), indent=2, ensure_ascii=False) + "\n")
