"""The files of a release: what a Compose file names by a relative path, and what it spells out."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway.config.problems import Problems, shown
from rollway.config.slot_variables import FILES, variable

LARGEST_BYTES = 4 * 1024 * 1024
"""All files of a release together: they travel to every host as an argument of a module."""
_LONGEST_NAME = 255  # of a file, on every file system of Linux
PRIVATE, READABLE, RUNNABLE = "0400", "0644", "0755"


@dataclass(frozen=True)
class Owner:
    """Who a file belongs to on the host, by number; None is root."""

    uid: int | None = None
    gid: int | None = None

    def as_entry(self) -> dict[str, int]:
        """The keys of a manifest's file."""
        found = {"uid": self.uid, "gid": self.gid}
        return {key: value for key, value in found.items() if value is not None}


@dataclass
class ReleaseFiles:
    """Collects files under a folder of the release and says where they will stand on a host."""

    app_dir: Path
    problems: Problems
    folder: str = ""
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add_tree(self, name: str, kind: str, path: str, *, mode: str | None = None) -> str:
        """Add a file or a folder by its name in the application; returns its place on a host."""
        source = self._inside(name, path)
        if source is None:
            return ""
        before = len(self.entries)
        for one in _files_below(source):
            inside = one.relative_to(self._home).as_posix()
            self._add(f"{kind}/{inside}", self._read(one, path), mode, Owner())
        if len(self.entries) == before and source.is_dir() and not any(_files_below(source)):
            self.problems.add(path, f"{name!r} holds no file")
        inside = source.relative_to(self._home).as_posix()
        return self._place(kind if inside == "." else f"{kind}/{inside}")

    def read(self, name: str, path: str) -> bytes | None:
        """The content of one file of the application; None when that is a problem."""
        source = self._inside(name, path)
        if source is not None and source.is_dir():
            self.problems.add(path, f"{name!r} is a folder", accepted="a file")
            return None
        return self._read(source, path)[0] if source else None

    def add_content(
        self,
        place: str,
        content: bytes,
        *,
        mode: str,
        owner: Owner = Owner(),
    ) -> str:
        """Add a file by its content; returns its place on a host."""
        self._add(place, (content, mode), mode, owner)
        return self._place(place)

    def as_list(self) -> list[dict[str, Any]]:
        """The files of the manifest, by name."""
        return [self.entries[name] for name in sorted(self.entries)]

    @property
    def _home(self) -> Path:
        return self.app_dir.resolve()

    def _place(self, inside: str) -> str:
        return f"{variable(FILES)}/{self._named(inside)}"

    def _named(self, inside: str) -> str:
        return f"{self.folder}/{inside}" if self.folder else inside

    def _inside(self, name: str, path: str) -> Path | None:
        """The real file, if it is there and no `..`, root or link leads out of the application."""
        source = Path(os.path.realpath(self.app_dir / name))
        if Path(name).is_absolute() or os.path.commonpath([source, self._home]) != str(self._home):
            found = f"{_named(name)} leads out of the application's folder"
            self.problems.add(path, found, accepted="a relative path inside it")
        elif not os.path.exists(source):  # noqa: PTH110 - False too for a name too long to be one
            self.problems.add(path, f"{_named(name)} is not there", accepted="a file or folder")
        else:
            return source
        return None

    def _read(self, source: Path, path: str) -> tuple[bytes, str]:
        real = Path(os.path.realpath(source))
        if os.path.commonpath([real, self._home]) != str(self._home) or not real.is_file():
            found = f"{source.name!r} is no file of the application's folder"
            self.problems.add(path, found, accepted="plain files; no links that lead out")
            return b"", READABLE
        status = real.stat()
        if status.st_size > LARGEST_BYTES:
            self._too_large(path, source.name, status.st_size)
            return b"", READABLE
        return real.read_bytes(), RUNNABLE if status.st_mode & 0o100 else READABLE

    def check_total(self, path: str) -> None:
        """Note it when all files together are too many bytes for an argument of a module."""
        total = sum(len(one["content_base64"]) * 3 // 4 for one in self.entries.values())
        if total > LARGEST_BYTES:
            self._too_large(path, "all files together", total)

    def _too_large(self, path: str, name: str, size: int) -> None:
        accepted = f"{LARGEST_BYTES} for all files; put larger data into the image or a volume"
        self.problems.add(path, f"{name!r} has {size} bytes", accepted=accepted)

    def _add(self, place: str, content: tuple[bytes, str], mode: str | None, owner: Owner) -> None:
        data, own_mode = content
        self.entries[self._named(place)] = {
            "path": self._named(place),
            "sha256": hashlib.sha256(data).hexdigest(),
            "mode": mode or own_mode,
            "content_base64": base64.b64encode(data).decode(),
            **owner.as_entry(),
        }


def _named(name: str) -> str:
    return shown(name, longest=_LONGEST_NAME)


def _files_below(source: Path) -> Iterator[Path]:
    """The file itself, or everything in the folder that is no folder; links are not followed."""
    if not source.is_dir():
        yield source
        return
    for folder, below, names in os.walk(source):
        linked = [name for name in below if (Path(folder) / name).is_symlink()]
        yield from (Path(folder) / name for name in (*names, *linked))
