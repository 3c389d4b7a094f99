"""What becomes of a plain project's containers, data and ports, for people and programs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.rollout.adoption import (
    ACCESSORY,
    BUSY,
    FILE,
    GONE,
    WEB,
    WORKER,
    Container,
    class_on,
    containers_on,
)
from rollway.rollout.journal import Event
from rollway.rollout.mounts import Mounts, mounts_of
from rollway.rollout.request import Request

_GOES = "removed when the run is good"


def adoption(request: Request, acquired: Mapping[str, Event]) -> list[dict[str, Any]]:
    """Host by host: the containers, and what becomes of each; the data that is taken over."""
    return [_host(request, acquired[name]) for name in request.app_hosts]


def _host(request: Request, event: Event) -> dict[str, Any]:
    release = request.manifest or {}
    classes = {
        one["name"]: class_on(release, event.host, one["service"]) for one in containers_on(event)
    }
    mounts = mounts_of(release)
    return {
        "host": event.host,
        "project": request.adopt["project"],
        "containers": [
            {
                **{key: one[key] for key in ("name", "service", "state", "image", "ports")},
                "class": classes[one["name"]],
                "becomes": _becomes(request, one, classes[one["name"]]),
            }
            for one in containers_on(event)
        ],
        "data": [
            {
                **{key: mount[key] for key in ("kind", "source", "target")},
                "service": one["service"],
                "becomes": _data(mount, classes[one["name"]], mounts.get(one["service"])),
            }
            for one in containers_on(event)
            for mount in one["mounts"]
        ],
    }


def _becomes(request: Request, one: Container, kind: str) -> str:
    if one["state"] not in BUSY:
        return _GOES
    if kind == WEB and request.adopt["keep"]:
        return "runs on, and stays"
    return {
        WEB: f"runs on, {_GOES}",
        GONE: f"runs on, {_GOES}: the file has no such service",
        WORKER: f"stops when the release's own starts, {_GOES}",
        ACCESSORY: f"stops before the release's own starts on its data, {_GOES}",
    }.get(kind, _GOES)


def _data(mount: Mapping[str, Any], of: str, here: Mounts | None) -> str:
    """No volume, no folder and no file is ever removed."""
    if of == GONE:
        return "stays, and nothing uses it any more"
    if mount["kind"] == FILE and here and here.has_own_file(mount["target"]):
        return "stays, and a file of the release takes its place, to be read only"
    is_empty = mount["kind"] == "anonymous"
    return "stays, and is in memory from now on" if is_empty else "taken over as it is"
