"""The names of lab images: a hash of everything that decides what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SUITE = "trixie"
PULLED = f"debian:{SUITE}-slim"
BASE_PACKAGES = ("ca-certificates",)
REPOSITORY = "rollway-lab"

IMAGE_FOLDER = Path("roles/lab_host/files/image")
PROVISIONING_ROLES = ("docker_engine", "registry", "edge", "release_host")


@dataclass(frozen=True)
class Tags:
    """The images of one recipe, each built from the one before."""

    base: str
    bare: str
    ready: str


def tags(root: Path) -> Tags:
    """The tags that the checkout at `root` asks for."""
    base = _digest([SUITE, *BASE_PACKAGES])
    bare = _digest([base, *_texts(root / IMAGE_FOLDER, _files(root / IMAGE_FOLDER))])
    ready = _digest([bare, *_texts(root, _package_files(root))])
    return Tags(
        base=f"{REPOSITORY}/base:{base}",
        bare=f"{REPOSITORY}/bare:{bare}",
        ready=f"{REPOSITORY}/ready:{ready}",
    )


def fingerprint(root: Path) -> str:
    """A hash of all that decides how hosts are created and provisioned."""
    folders = [root / "roles" / role for role in ("lab_host", *PROVISIONING_ROLES)]
    files = [path for folder in folders for path in _files(folder)]
    playbooks = [root / "playbooks/lab.yml", *sorted(root.glob("playbooks/**/provision*.yml"))]
    # release_host installs it on app hosts
    unit = [path for path in _files(root / "plugins/module_utils/rollway") if path.suffix == ".py"]
    return _digest([tags(root).ready, *_texts(root, [*files, *playbooks, *unit])])


def _package_files(root: Path) -> list[Path]:
    """Which packages a role installs stands in its vars/ and its tasks/packages.yml."""
    roles = [root / "roles" / role for role in PROVISIONING_ROLES]
    tasks = [role / "tasks" / "packages.yml" for role in roles]
    return [
        *(path for role in roles for path in _files(role / "vars")),
        *filter(Path.exists, tasks),
    ]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _texts(root: Path, paths: Iterable[Path]) -> list[str]:
    return [f"{path.relative_to(root)}\0{path.read_text()}" for path in paths]


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\0\0".join(parts).encode()).hexdigest()[:12]
