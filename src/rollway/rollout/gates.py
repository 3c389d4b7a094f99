"""Gates: what refuses a release before any change, from what the hosts said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.rollout.fleet import HostView
from rollway.rollout.journal import Event
from rollway.rollout.plan import DEPLOY, Refusal
from rollway.rollout.readings import checked_paths
from rollway.rollout.request import Request

MEBIBYTE = 1024**2
LEAST_DISK_BYTES = 256 * MEBIBYTE


def lacks_disk(request: Request, views: Sequence[HostView]) -> Refusal | None:
    """Refuse a host where even a small image might not fit any more."""
    if request.verb != DEPLOY:
        return None
    problems = [
        {
            "host": view.name,
            "where": "disk",
            "found": f"{free / MEBIBYTE:.0f} MiB free where the engine keeps its images",
            "accepted": f"at least {LEAST_DISK_BYTES / MEBIBYTE:.0f} MiB",
            "next": f"make room on {view.name}: docker system df",
        }
        for view in views
        if (free := view.facts.get("disk_free_bytes")) is not None and free < LEAST_DISK_BYTES
    ]
    return Refusal(exits.REFUSED, problems) if problems else None


def ready_path_changed(
    request: Request,
    acquired: Mapping[str, Event],
    release: Mapping[str, Any],
    previous: Mapping[str, Any],
) -> Refusal | None:
    """Refuse another readiness path than that of the release that serves.

    Both slots of a host, and all hosts, stand in one backend of the edge, which checks them by
    one path: moving it would let every old server fail its check before any traffic has moved.
    """
    new = (release.get("http") or {}).get("ready")
    others = [
        (what, path) for what, path in _checks(request, acquired, previous) if new and path != new
    ]
    if not others:
        return None
    what, old = others[0]
    problem = {
        "where": "x-rollway.http.ready",
        "found": f"{new}, while {what} is checked by {old}",
        "accepted": f"{old}",
        "next": f"keep ready: {old} and let the service answer on both paths",
    }
    return Refusal(exits.REFUSED, [problem])


def _checks(
    request: Request, acquired: Mapping[str, Event], previous: Mapping[str, Any]
) -> list[tuple[str, str]]:
    """Who is checked now, and at which path. Of hosts outside the run only the edges tell."""
    old = (previous.get("http") or {}).get("ready")
    hosts = [*request.app_hosts, *request.outside]
    paths = checked_paths(acquired, request.edges, hosts)
    by_edges = [(f"what serves behind {edge}", path) for edge, path in paths.items()]
    return [*([("the release that serves", str(old))] if old else []), *by_edges]
