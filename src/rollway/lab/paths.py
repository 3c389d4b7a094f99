"""Where a lab keeps its things: below `.rollway/labs/<env>/` and `inventories/<env>/`."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rollway import names
from rollway.errors import RollwayError

PROJECT = Path(__file__).resolve().parents[3]
"""The checkout: it holds roles, playbooks and inventories."""


@dataclass(frozen=True)
class LabPaths:
    """The files and folders of one lab."""

    env: str
    root: Path = PROJECT

    @property
    def labs(self) -> Path:
        return self.root / ".rollway" / "labs"

    @property
    def folder(self) -> Path:
        """Keys, certificates, the plan; mode 0700."""
        return self.labs / self.env

    @property
    def plan(self) -> Path:
        return self.folder / "lab.json"

    @property
    def provisioned(self) -> Path:
        """The fingerprint of what the hosts were provisioned with; absent until they are."""
        return self.folder / "provisioned"

    @property
    def inventory(self) -> Path:
        return self.root / "inventories" / self.env / "hosts.yml"


def lab_paths(env: str, *, root: Path = PROJECT) -> LabPaths:
    """The paths of the lab `env`; refuses an environment that is not a lab."""
    if not is_lab(env):
        raise RollwayError(
            "--env",
            f"{env!r} is not a lab",
            accepted="local, or a name that begins with lab-",
            next="./invoke lab.up --env=local",
        )
    return LabPaths(names.env_name(env), root)


def is_lab(env: str) -> bool:
    """Whether the environment is one that `lab.up` makes."""
    return env == "local" or env.startswith("lab-")


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; waits for who holds it now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
