"""The files of a release: what relative paths of a Compose file name, inside the app's folder."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway.config.problems import Problems

LARGEST_BYTES = 10 * 1024 * 1024
PRIVATE, PUBLIC = "0400", "0644"


@dataclass
class ReleaseFiles:
    """Collects files and says where they will stand on a host."""

    app_dir: Path
    problems: Problems
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, path: str, *, mode: str | None = None) -> str | None:
        """Add a file or a folder by its relative name; returns its name in the release."""
        source = (self.app_dir / name).resolve()
        if Path(name).is_absolute() or not source.is_relative_to(self.app_dir.resolve()):
            self.problems.add(path, f"{name!r} leads out of the application's folder")
            return None
        if not source.exists():
            self.problems.add(path, f"{name!r} is not there")
            return None
        inside = source.relative_to(self.app_dir.resolve()).as_posix()
        for one in sorted(source.rglob("*")) if source.is_dir() else [source]:
            self._add_file(one, path, mode)
        return inside

    def as_list(self) -> list[dict[str, Any]]:
        """The files of the manifest, by name."""
        return [self.entries[name] for name in sorted(self.entries)]

    def _add_file(self, source: Path, path: str, mode: str | None) -> None:
        if source.is_dir():
            return
        real, home = source.resolve(), self.app_dir.resolve()
        if not real.is_relative_to(home) or not real.is_file():
            self.problems.add(path, f"{source.name!r} leads out of the application's folder")
            return
        content = real.read_bytes()
        if len(content) > LARGEST_BYTES:
            self.problems.add(
                path,
                f"{source.name!r} has {len(content)} bytes",
                accepted=f"{LARGEST_BYTES}; put larger data into the image or a volume",
            )
            return
        inside = source.absolute().relative_to(home).as_posix()
        self.entries[inside] = {
            "path": inside,
            "sha256": hashlib.sha256(content).hexdigest(),
            "mode": mode or ("0755" if real.stat().st_mode & 0o100 else PUBLIC),
            "content_base64": base64.b64encode(content).decode(),
        }
