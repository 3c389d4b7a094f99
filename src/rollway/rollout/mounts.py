"""Where the services of a rendered release find their data on a host. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from posixpath import normpath
from typing import Any

import yaml

_SERVICE = "io.rollway.service"


@dataclass(frozen=True)
class Mounts:
    """Of one service: what it mounts from the host, and what it keeps in memory.

    `targets` is path in the container → key in the file and name of the volume, or path, on the
    host.
    """

    targets: Mapping[str, tuple[str, str]]
    in_memory: frozenset[str]

    def has_own_file(self, target: str) -> bool:
        """Whether a file of the release is there: read-only, so that no data is lost unseen."""
        return self.targets.get(target, ("", ""))[1].startswith("$")

    def places_of(self, source: str) -> list[str]:
        """Where the service has a volume or a folder of the host."""
        return sorted(place for place, (_, name) in self.targets.items() if name == source)


def meeting(data: Iterable[str], written: Iterable[str]) -> list[str]:
    """Of volumes and folders of the host, those that are, hold, or lie in one of the others."""
    others = [PurePosixPath(other) for other in written]
    found = ((one, PurePosixPath(one)) for one in {*data})
    return sorted(
        one
        for one, path in found
        if any(path.is_relative_to(other) or other.is_relative_to(path) for other in others)
    )


def mounts_of(release: Mapping[str, Any]) -> dict[str, Mounts]:
    """Service → its mounts, of the slot's project and of the accessories'."""
    texts = [release.get("compose"), (release.get("accessories") or {}).get("compose")]
    projects = [yaml.safe_load(str(text)) or {} for text in texts if text]
    return {
        str((service.get("labels") or {}).get(_SERVICE, name)): _mounts(service, project)
        for project in projects
        for name, service in (project.get("services") or {}).items()
    }


def _mounts(service: Mapping[str, Any], project: Mapping[str, Any]) -> Mounts:
    named = {
        str(key): str((volume or {}).get("name") or f"a new {key} in each slot")
        for key, volume in (project.get("volumes") or {}).items()
    }
    entries = [one for one in service.get("volumes") or [] if one.get("type") != "tmpfs"]
    targets = {
        normpath(one["target"]): (str(one.get("source") or "data"), _source(one, named))
        for one in entries
    }
    memory = service.get("tmpfs") or []
    listed = [memory] if isinstance(memory, str) else list(memory)
    listed += [one["target"] for one in service.get("volumes") or [] if one.get("type") == "tmpfs"]
    return Mounts(
        targets,
        frozenset(normpath(str(one).partition(":")[0]) for one in listed),
    )


def _source(mount: Mapping[str, Any], named: Mapping[str, str]) -> str:
    source = str(mount.get("source") or "a volume without a name")
    return named.get(source, source) if mount.get("type") == "volume" else normpath(source)
