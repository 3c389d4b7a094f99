"""The release that `scale` makes: the one that serves, with another number of one service.

Hosts make it of what they keep, and say what it is; here stands which of that a run may do. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.records.identity import verb_of
from rollway.rollout.fleet import HostView
from rollway.rollout.plan import SCALE, Plan, Refusal
from rollway.rollout.releases import left_by_others, refused, release_id_for
from rollway.rollout.request import Request

WEB, WORKER = "web", "worker"
_WHY = {
    "accessory": "its data has one place",
    "job": "it runs once for a release",
    "singleton": "one runs in the whole fleet",
}

Release = Mapping[str, Any]


def choose_scale(
    request: Request, views: Sequence[HostView], *, edges: Sequence[HostView]
) -> dict[str, Any] | Refusal:
    """The manifest of the release that serves, with the number of replicas that is asked for.

    Hosts that serve releases which differ in that number alone come to the same one: a scale that
    was interrupted, or was for some hosts, goes on.
    """
    offered = [view.scaled.get(str(view.served_release)) or {} for view in views]
    made = [one["release"] for one in offered if one.get("release")]
    left = left_by_others(request, views, known=_known(views, made))
    if left or not all(offered):
        return left or _mixed(request, views)
    unfit = _unfit(request, views, offered)
    if unfit:
        return unfit
    if len({(one["hash"], one["version"]) for one in made}) != 1:
        return _mixed(request, views)
    return _as_it_serves(views, made[0]) or {
        **made[0],
        "id": release_id_for(made[0], views, edges=edges),
    }


def scale_of(request: Request, views: Sequence[HostView]) -> dict[str, Any]:
    """What changes: the service, its number, and that before; nothing for another verb."""
    if request.verb != SCALE:
        return {}
    numbers = [_replicas(_served(view), request.service) for view in views]
    others = [number for number in numbers if number not in (None, request.replicas)]
    before = next(iter(others), request.replicas)
    return {"service": request.service, "replicas": request.replicas, "before": before}


def scale_options(service: str, replicas: int) -> str:
    """What `scale` needs, after a space, to be typed again."""
    return f" --service={service} --replicas={replicas}"


def asked_again(plan: Plan) -> str:
    """The same command again; '' where the run is no scale."""
    if not plan.scale:
        return ""
    options = scale_options(plan.scale["service"], plan.scale["replicas"])
    return f"./invoke {SCALE} --env={plan.env} --app={plan.app}{options}{plan.limit_option}"


def change_words(service: str, *, before: int, now: int) -> str:
    """`api: 2 → 3 replicas`, or `api: 3 replicas already`."""
    replicas = "replica" if now == 1 else "replicas"
    if before == now:
        return f"{service}: {now} {replicas} already"
    return f"{service}: {before} → {now} {replicas}"


def said_of(plan: Plan) -> str:
    """What a scale changes, before a sentence about its release; '' where the run is none."""
    if not plan.scale:
        return ""
    before, now = plan.scale["before"], plan.scale["replicas"]
    return f"{change_words(plan.scale['service'], before=before, now=now)}; "


def _known(views: Sequence[HostView], made: Iterable[Release]) -> set[str]:
    """What a host may have begun: the release that serves there, or the one that comes.

    One that a scale was killed over before any host had it is nowhere.
    """
    wanted = {one["hash"] for one in made}
    manifests = {name: value for view in views for name, value in view.manifests.items()}
    same = {name for name, value in manifests.items() if value.get("hash") in wanted}
    scaled = {str(one.interrupted) for one in views if verb_of(one.interrupted_run or "") == SCALE}
    serving = {view.served_release for view in views if view.served_release}
    return same | serving | (scaled - manifests.keys())


def _unfit(
    request: Request, views: Sequence[HostView], offered: Sequence[Mapping[str, Any]]
) -> Refusal | None:
    """Refuse a service that is not there, or that has no number of its own."""
    for view, one in zip(views, offered, strict=True):
        kind = one["kind"]
        if kind not in (WEB, WORKER):
            return _no_number(request, _served(view), kind)
    return None


def _no_number(request: Request, serving: Release, kind: str | None) -> Refusal:
    service, release = request.service, serving["id"]
    found = f"{service} is no service of {release}"
    if kind:
        article = "an" if kind[0] == "a" else "a"
        found = f"{service} is {article} {kind} of {release}: {_WHY[kind]}"
    known = [str(one["name"]) for one in serving.get("services", []) if not one.get("singleton")]
    example = scale_options(known[0], request.replicas) if known else ""
    which = f"--env={request.env} --app={request.app}"
    following = f"./invoke {SCALE} {which}{example}" if known else f"./invoke status {which}"
    code = exits.REFUSED if kind else exits.USAGE
    return refused("--service", found, ", ".join(known) or "none here", following, code=code)


def _mixed(request: Request, views: Sequence[HostView]) -> Refusal:
    serving = sorted({str(view.served_release or "nothing") for view in views})
    following = f"./invoke status --env={request.env} --app={request.app}"
    return refused(SCALE, f"the hosts serve {', '.join(serving)}", "one release", following)


def _as_it_serves(views: Sequence[HostView], made: Release) -> dict[str, Any] | None:
    """The release that serves everywhere, where it has that number already."""
    serving = {view.served_release for view in views}
    base = _served(views[0])
    return dict(base) if len(serving) == 1 and base["hash"] == made["hash"] else None


def _served(view: HostView) -> Release:
    return view.manifests.get(str(view.served_release)) or {}


def _replicas(release: Release, service: str) -> int | None:
    found = (one["replicas"] for one in release.get("services", []) if one["name"] == service)
    return next(found, None)
