"""`adopted.json`: the containers of a plain project whose place a release takes on this host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .call import Call
from .files import remove_durably
from .paths import AppPaths
from .problem import Problem
from .sealed import read_sealed, write_sealed

ACCESSORY, JOB, GONE = "accessory", "job", "gone"


@dataclass(frozen=True)
class Taken:
    """One container: what its service is in the release, and how it was before the run.

    `kind` is web, worker, accessory or job, and gone where the file has no such service any more.
    `restart` is the restart policy that it was made with, in the engine's words.
    """

    id: str
    name: str
    service: str
    kind: str
    ran: bool
    restart: Mapping[str, Any]


@dataclass(frozen=True)
class Adopted:
    """The record of one project; `keeps_web` is whether its web containers stay for now.

    `release` is the one that takes its place; `taken` is whether one has it for good, so that the
    project never comes back.
    """

    project: str
    keeps_web: bool
    containers: tuple[Taken, ...]
    release: str = ""
    taken: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Adopted:
        """Return the record in `value`; KeyError or TypeError when it is not one."""
        taken = tuple(Taken(**one) for one in value["containers"])
        told = str(value["project"]), bool(value["keeps_web"]), taken
        return cls(*told, str(value.get("release") or ""), bool(value.get("taken")))

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain data, for the file and for module results."""
        return asdict(self)


def read_adopted(paths: AppPaths) -> Adopted | None:
    """Return what this host records; Problem, naming the path, when it is not a record."""
    content = read_sealed(paths.adopted)
    if content is None:
        return None
    try:
        return Adopted.from_json(content)
    except (KeyError, TypeError) as error:
        found = f"not a record of an adoption: {error}"
        raise Problem(str(paths.adopted), found, "a file only Rollway wrote") from error


def write_adopted(call: Call, record: Adopted) -> None:
    """Write the record; without a container there is none."""
    call.fence()
    if record.containers:
        write_sealed(call.paths.adopted, record.to_json())
    else:
        remove_durably(call.paths.adopted)
    call.changed = True
