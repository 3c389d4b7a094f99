"""Where the records of one application lie on a host."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class AppPaths:
    """The folder `<root>/<app>` and what is in it; only root may look inside."""

    root: Path
    app: str

    @property
    def folder(self) -> Path:
        return self.root / self.app

    @property
    def mutex(self) -> Path:
        return self.folder / "mutex"

    @property
    def lock(self) -> Path:
        return self.folder / "lock.json"

    @property
    def freeze(self) -> Path:
        return self.folder / "freeze.json"

    @property
    def freeze_mutex(self) -> Path:
        return self.folder / "freeze.mutex"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def releases(self) -> Path:
        return self.folder / "releases"

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    @property
    def audit(self) -> Path:
        return self.folder / "audit.jsonl"

    @property
    def jobs(self) -> Path:
        return self.folder / "jobs.json"

    @property
    def adopted(self) -> Path:
        return self.folder / "adopted.json"

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def ports_mutex(self) -> Path:
        return self.root / "ports.mutex"

    @property
    def compose(self) -> Path:
        """What Compose said its version is, and which file said it: no record, only a memory."""
        return self.root / "compose.json"

    @property
    def images_mutex(self) -> Path:
        """Held while an image is looked for, or removed: applications of a host share images."""
        return self.root / "images.mutex"

    def release(self, release: str) -> Path:
        return self.releases / release

    def slot_env(self, slot: str) -> Path:
        return self.folder / "slots" / f"{slot}.env"

    def project(self, slot: str) -> str:
        """Return the Compose project of `slot` (blue, green, accessories or jobs)."""
        return f"{self.app}-{slot}"

    def make(self) -> None:
        """Make the folders an application needs."""
        for folder in (self.root, self.folder, self.releases, self.runs, self.folder / "slots"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
