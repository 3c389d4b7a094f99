"""Gates: what refuses a release before any change, from what the hosts said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.rollout.capacity import most_gpus, reserved_gpus, serving_while_out
from rollway.rollout.disk import MEBIBYTE, needed_bytes, pull_bytes
from rollway.rollout.fleet import HostView
from rollway.rollout.journal import Event
from rollway.rollout.plan import MAKING, RELEASING, RESTART, Plan, Refusal
from rollway.rollout.readings import checked_paths
from rollway.rollout.request import Request


def lacks_disk(
    request: Request, views: Sequence[HostView], release: Mapping[str, Any]
) -> Refusal | None:
    """Refuse a host whose disk has no room for what it has to pull, unpacked."""
    if request.verb not in RELEASING:
        return None
    problems = [
        _no_room(view, free, release)
        for view in views
        if (free := view.facts.get("disk_free_bytes")) is not None
        and free < needed_bytes(view, release)
    ]
    return Refusal(exits.REFUSED, problems) if problems else None


def _no_room(view: HostView, free: int, release: Mapping[str, Any]) -> dict[str, str]:
    pulled, needed = pull_bytes(view, release), needed_bytes(view, release)
    why = f", to pull {pulled / MEBIBYTE:.0f} MiB and unpack them" if pulled else ""
    return {
        "host": view.name,
        "where": "disk",
        "found": f"{free / MEBIBYTE:.0f} MiB free where the engine keeps its images",
        "accepted": f"at least {needed / MEBIBYTE:.0f} MiB{why}",
        "next": f"make room on {view.name}: docker system df",
    }


def lacks_gpus(
    request: Request, views: Sequence[HostView], release: Mapping[str, Any]
) -> Refusal | None:
    """Refuse a host with fewer GPUs than one container reserves: none would come up there.

    A driver that does not answer refuses a restart, too, and no way back.
    """
    if request.verb not in (*MAKING, RESTART):
        return None
    problems = [problem for view in views if (problem := _broken_driver(view, release))]
    if request.verb in RELEASING:
        problems += [problem for view in views if (problem := _too_few_gpus(view, release))]
    return Refusal(exits.REFUSED, problems) if problems else None


def _broken_driver(view: HostView, release: Mapping[str, Any]) -> dict[str, str] | None:
    found = view.facts.get("gpus_problem")
    return {"host": view.name, **found} if found and most_gpus(release, known=0) else None


def _too_few_gpus(view: HostView, release: Mapping[str, Any]) -> dict[str, str] | None:
    known = len(view.facts.get("gpus") or [])
    wanted = most_gpus(release, known=known)
    is_enough = known >= wanted and len(reserved_gpus(view, release)) >= wanted
    if is_enough or view.facts.get("gpus_problem"):
        return None
    return {
        "host": view.name,
        "where": "nvidia-smi",
        "found": f"{known} GPUs",
        "accepted": f"{wanted}, as deploy.resources.reservations.devices has it",
        "next": f"nvidia-smi on {view.name}, or leave it out with --limit",
    }


def too_few_serve(plan: Plan) -> Refusal | None:
    """Refuse a wave that would take more hosts out of rotation than may be missed.

    Where a release that has to go comes from another file, the lower figure counts: the way back
    is never narrower than the way there.
    """
    if not plan.has_traffic or plan.refusal:
        return None
    left = serving_while_out(plan.waves, plan.hosts, plan.rotation)
    for number, (wave, serving) in enumerate(zip(plan.waves, left, strict=True), start=1):
        leaving = plan.stopping(wave)
        if leaving and len(serving) < plan.min_serving:
            return Refusal(exits.REFUSED, [_too_few(plan, number, leaving, len(serving))])
    return None


def _too_few(plan: Plan, number: int, leaving: list[str], left: int) -> dict[str, str]:
    why = "; ".join(f"{name}: {plan.hosts[name].why}" for name in leaving)
    which = "hosts serve" if left != 1 else "host serves"
    out = f"while {', '.join(leaving)} stop first in wave {number}, {left} {which} ({why})"
    return {
        "where": "x-rollway.rollout.min_serving",
        "found": out,
        "accepted": f"at least {plan.min_serving} in rotation at every edge",
        "next": f"set smaller waves or a lower min_serving in apps/{plan.app}/compose.yml, "
        "or give these hosts more memory",
    }


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
