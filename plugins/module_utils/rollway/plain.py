"""A plain Compose project on this host, as `docker compose up` made it: only read here."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .call import Call
from .containers import SERVICE_LABEL
from .engine import PROJECT_LABEL, Json
from .owner import APP_LABEL, PROJECTS

ONE_OFF_LABEL = "com.docker.compose.oneoff"
BUSY = ("running", "restarting", "paused")
EDGE_CONFIG = Path("/etc/haproxy/haproxy.cfg")
VOLUME, ANONYMOUS, FOLDER, FILE = "volume", "anonymous", "folder", "file"
_UNNAMED = re.compile(r"[0-9a-f]{64}")  # what the engine calls a volume that nobody named
_NO_DATA = re.compile(r"/(dev|proc|sys|run|var/run)/")  # folders of the host's own
_BIND = re.compile(r"^\s*bind\s+\S*:(\d+)\b", re.MULTILINE)


def plain_reading(call: Call, project: str, *, is_edge: bool) -> dict[str, Any]:
    """Return the containers of a project, and which projects there are beside Rollway's own.

    `edge_ports` are those that the HAProxy of this host listens on; none where it is no edge.
    `beside` are containers of others that run, with what they may write to.
    """
    listed = call.tools.engine.containers()
    ours = [one for one in listed if _labels(one).get(PROJECT_LABEL) == project]
    return {
        "project": project,
        "projects": sorted({_labels(one)[PROJECT_LABEL] for one in listed if _is_plain(one)}),
        "is_rollway": any(not _is_plain(one) for one in ours),
        "containers": list(_containers(call, ours)),
        "beside": [_beside(one) for one in listed if _is_beside(call, one, project)],
        "edge_ports": _edge_ports() if is_edge else [],
    }


def _containers(call: Call, listed: list[Json]) -> Iterator[dict[str, Any]]:
    for item in sorted(listed, key=name_of):
        found = call.tools.engine.inspect(item["Id"])
        if found is None:
            continue
        ports = {int(one["PublicPort"]) for one in item.get("Ports") or () if one.get("PublicPort")}
        yield {
            "id": item["Id"],
            "name": name_of(item),
            "service": _labels(item).get(SERVICE_LABEL, ""),
            "state": item["State"],
            "image": _image(call, found),
            "is_one_off": _labels(item).get(ONE_OFF_LABEL) == "True",
            "ports": sorted(ports),
            "mounts": list(_mounts(found)),
            "writes": sorted(written(item)),
        }


def name_of(item: Json) -> str:
    """Return a listed container's name, or its id: it has no name while it goes away."""
    return str((item.get("Names") or [item["Id"]])[0]).lstrip("/")


def written(item: Json) -> set[str]:
    """Return the volumes, folders and files of the host that a listed container may write to."""
    mounts = [one for one in item.get("Mounts") or () if one.get("RW", True)]
    return {str(one.get("Name") or real(one["Source"])) for one in mounts if _may_hold_data(one)}


def real(source: str) -> str:
    """Return a volume's name as it is, and a path of the host without its links."""
    return os.path.realpath(source) if source.startswith("/") else source


def meeting(data: set[str], others: set[str]) -> list[str]:
    """Return those of `data` that are, hold, or lie in one of the others."""
    used = [Path(other) for other in others]
    return sorted(
        one
        for one in data
        if any(other.is_relative_to(one) or Path(one).is_relative_to(other) for other in used)
    )


def is_own(call: Call, item: Json) -> bool:
    """Say whether a container is one of this application's: of its slots, jobs or accessories."""
    labels = _labels(item)
    ours = {call.paths.project(key) for key in PROJECTS}
    return labels.get(APP_LABEL) == call.paths.app or labels.get(PROJECT_LABEL) in ours


def _may_hold_data(mount: Json) -> bool:
    """A socket, the engine's own files or the whole host may be many containers' at once."""
    if mount.get("Type") == "volume":
        return bool(mount.get("Name"))
    source = Path(str(mount.get("Source") or "/dev"))
    if mount.get("Type") != "bind" or source == Path("/") or _NO_DATA.match(f"{source}/"):
        return False
    return source.is_dir() or source.is_file()


def _is_beside(call: Call, item: Json, project: str) -> bool:
    is_other = _labels(item).get(PROJECT_LABEL) != project and not is_own(call, item)
    return is_other and item["State"] in BUSY and bool(written(item))


def _beside(item: Json) -> dict[str, Any]:
    return {"name": name_of(item), "state": item["State"], "writes": sorted(written(item))}


def _image(call: Call, found: Json) -> str:
    """The image by digest; one that no registry has is known by its own id."""
    image = str(found.get("Image") or "")
    return next(iter(call.tools.engine.image_digests(image)), image)


def _mounts(found: Json) -> Iterator[dict[str, str]]:
    """Yield what may hold data that the application wrote."""
    for mount in found.get("Mounts") or ():
        kind = _kind(mount)
        if kind:
            source = mount["Source"] if kind in (FOLDER, FILE) else mount["Name"]
            yield {"kind": kind, "source": str(source), "target": str(mount["Destination"])}


def _kind(mount: Json) -> str:
    if mount["Type"] == "volume":
        if not _UNNAMED.fullmatch(str(mount["Name"])):
            return VOLUME
        return ANONYMOUS if _has_data(Path(mount["Source"])) else ""
    if mount["Type"] != "bind" or not mount.get("RW"):
        return ""
    source = Path(mount["Source"])
    return FOLDER if source.is_dir() else FILE if source.is_file() else ""


def _has_data(folder: Path) -> bool:
    """Whether anything lies there; what cannot be looked at counts as data."""
    try:
        with os.scandir(folder) as entries:
            return any(True for _ in entries)
    except OSError:
        return True


def _edge_ports() -> list[int]:
    try:
        text = EDGE_CONFIG.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return sorted({int(port) for port in _BIND.findall(text)})


def _labels(item: Json) -> dict[str, str]:
    return item.get("Labels") or {}


def _is_plain(item: Json) -> bool:
    labels = _labels(item)
    return bool(labels.get(PROJECT_LABEL)) and APP_LABEL not in labels
