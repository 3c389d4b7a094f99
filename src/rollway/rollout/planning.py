"""Decides a plan from what the hosts said when they were acquired. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rollway import exits
from rollway.rollout.adoption import (
    already,
    asks_for_gap,
    held_adoption,
    is_begun,
    left_release,
    recorded_project,
)
from rollway.rollout.adoption_gates import cannot_adopt
from rollway.rollout.at_work import in_the_way
from rollway.rollout.capacity import least_serving
from rollway.rollout.fleet import HostView, host_view
from rollway.rollout.gates import lacks_disk, lacks_gpus, ready_path_changed, too_few_serve
from rollway.rollout.granted import granted, not_granted
from rollway.rollout.hold import (
    Hold,
    found_hold,
    held_scope,
    is_given_up,
    limit_refusal,
    target_refusal,
)
from rollway.rollout.host_planning import plan_host
from rollway.rollout.jobs import asks_first, out_of_reach, plan_jobs
from rollway.rollout.journal import Event
from rollway.rollout.plan import (
    ABORT,
    PROMOTE,
    REMOVE,
    RESTART,
    ROLLBACK,
    ROLLING,
    SCALE,
    Plan,
    Refusal,
)
from rollway.rollout.planned import HostPlan
from rollway.rollout.preview import moved, seal
from rollway.rollout.readings import (
    in_rotation,
    kept_servers,
    needs_restoring,
    ready_slots,
)
from rollway.rollout.releases import (
    choose_abort,
    choose_held,
    choose_restart,
    choose_rollback,
    is_deploy_begun,
    release_id_for,
    spoiled,
)
from rollway.rollout.request import Request
from rollway.rollout.scale import choose_scale, scale_of
from rollway.rollout.singletons import (
    hosts_of_service,
    lacks_package,
    lost_singletons,
    plan_singletons,
    restarted_service,
    runs_nowhere,
)
from rollway.rollout.waves import split_into_waves

_CONTENTS = frozenset({"compose", "files", "accessories"})
_NOTHING: dict[str, Any] = {"jobs": [], "singletons": []}


def decide(request: Request, acquired: Mapping[str, Event]) -> Plan:
    """Turn a request and the hosts' answers into a plan; trouble becomes its `refusal`."""
    plan = _decide(request, acquired)
    working = in_the_way(request, acquired, plan)
    if working is None or not_granted(request, acquired):
        return plan
    return replace(plan, refusal=working, waves=[], hosts={}, **_NOTHING)


def _decide(request: Request, acquired: Mapping[str, Event]) -> Plan:
    hold = found_hold(request, acquired)
    astray = limit_refusal(request, hold) or target_refusal(request, hold)
    request = held_scope(request, hold)
    refusal = not_granted(request, acquired) or astray
    views = [host_view(acquired[name]) for name in request.app_hosts if name in acquired]
    if refusal:
        return _plan(request, acquired, [], {}, refusal=refusal)
    if request.verb == REMOVE:
        plan = _plan(request, acquired, [], {"id": ""})
        return replace(plan, singletons=plan_singletons(request, acquired, views, {}))
    left = left_release(request, acquired, views, hold)
    barred = already(request, acquired, views) or is_begun(request, acquired, views)
    choice = barred or left or _choose(request, views, acquired, hold)
    if isinstance(choice, Refusal):
        return _plan(request, acquired, views, {}, refusal=choice)
    if not left and is_given_up(request.verb, str(choice["id"]), hold):
        return _plan(request, acquired, [], choice)
    changed = ready_path_changed(request, acquired, choice, _previous(views, choice, hold))
    no_room = lacks_disk(request, views, choice) or lacks_gpus(request, views, choice)
    refusal = cannot_adopt(request, acquired, views, choice) or changed or no_room
    plan = _plan(request, acquired, views, choice, refusal=refusal)
    if left:
        project = recorded_project(acquired)
        plan = replace(plan, waves=[], adopt={"leaves": True, "project": project})
    late = None if refusal else _late_refusal(plan, request, acquired, views)
    return replace(plan, refusal=late, waves=[], hosts={}, **_NOTHING) if late else plan


def _late_refusal(
    plan: Plan, request: Request, acquired: Mapping[str, Event], views: Sequence[HostView]
) -> Refusal | None:
    """What the plan itself shows to be impossible, or to need a yes."""
    return (
        lacks_package(request, acquired, views, plan)
        or lost_singletons(request, acquired, plan)
        or runs_nowhere(request, plan)
        or out_of_reach(request, plan)
        or too_few_serve(plan)
        or asks_for_gap(request, acquired)
        or asks_first(request, acquired, plan)
        or _stale(plan, request, acquired)
    )


def _stale(plan: Plan, request: Request, acquired: Mapping[str, Event]) -> Refusal | None:
    """Refuse a saved plan when anything it was made from has changed since."""
    if request.planned is None:
        return None
    found = moved(request.planned, seal(plan, request, acquired))
    if not found:
        return None
    problem = {
        "where": "--plan",
        "found": f"changed since the plan was made: {'; '.join(found)}",
        "accepted": "the application and the fleet as they were",
        "next": f"./invoke plan --env={request.env} --app={request.app} "
        f"--version={plan.release.get('version')}{plan.limit_option} --out=FILE",
    }
    return Refusal(exits.REFUSED, [problem])


def _choose(
    request: Request, views: Sequence[HostView], acquired: Mapping[str, Event], hold: Hold
) -> dict[str, Any] | Refusal:
    if request.verb == PROMOTE:
        return choose_held(views, hold)
    is_begun = request.to is None and is_deploy_begun(views)
    if request.verb == ABORT or (request.verb == ROLLBACK and (hold or is_begun)):
        return choose_abort(views, hold)
    if request.verb == RESTART:
        return choose_restart(request, views)
    if request.verb == ROLLBACK:
        return choose_rollback(views, wanted=request.to)
    edges = [host_view(acquired[name]) for name in request.edges]
    if request.verb == SCALE:
        return choose_scale(request, views, edges=edges)
    release = dict(request.manifest or {})
    return {**release, "id": release_id_for(release, views, edges=edges)}


def _previous(views: Sequence[HostView], release: Mapping[str, Any], hold: Hold) -> dict[str, Any]:
    """The manifest that serves now; in a mixed fleet one that is not the release itself.

    To promote leaves what served before the held release, to abort leaves the held one.
    """
    before = {str(hold.get(name)) for name in ("previous", "release")} - {release.get("id")}
    held = [value for view in views for name, value in view.manifests.items() if name in before]
    active = [view.manifests.get(str(view.served_release)) or {} for view in views]
    others = [one for one in active if one and one.get("id") != release.get("id")]
    return dict(next(iter(held or others or [one for one in active if one]), {}))


def _plan(
    request: Request,
    acquired: Mapping[str, Event],
    views: Sequence[HostView],
    release: dict[str, Any],
    *,
    refusal: Refusal | None = None,
) -> Plan:
    slots, hold = ready_slots(acquired), found_hold(request, acquired)
    hosts = {
        view.name: plan_host(view, release, request, acquired, serving=slots.get(view.name))
        for view in views
        if not refusal
    }
    return Plan(
        verb=request.verb,
        app=request.app,
        env=request.env,
        run=request.run,
        release=_without_contents(release),
        hosts=hosts,
        waves=_waves(request, hosts, release),
        edges=list(request.edges),
        generations=granted(acquired),
        previous=_previous(views, release, hold),
        voids=[] if refusal else _voids(request, views, release, hold),
        restore=needs_restoring(hosts.values(), acquired),
        app_hosts=list(request.app_hosts),
        outside=request.outside,
        kept=kept_servers(acquired, request.edges, request.outside),
        hold=hold,
        service=restarted_service(request),
        scale={} if refusal else scale_of(request, views),
        service_hosts=hosts_of_service(views, release, restarted_service(request)),
        jobs=[] if refusal else plan_jobs(request, acquired, release, hold),
        singletons=[] if refusal else plan_singletons(request, acquired, views, release),
        rotation=in_rotation(acquired, request.edges),
        min_serving=_min_serving(request, release, _previous(views, release, hold)),
        adopt=request.adopt or held_adoption(request, acquired, hold),
        refusal=refusal,
    )


def _min_serving(request: Request, release: Mapping[str, Any], previous: Mapping[str, Any]) -> int:
    """How many hosts have to go on serving; on the way back the lower figure of both releases."""
    count = len(request.app_hosts) + len(request.outside)
    figures = [
        least_serving(one.get("rollout", {}), host_count=count)
        for one in (release, previous)
        if one is release or (previous and request.verb not in ROLLING)
    ]
    return min(figures)


def _waves(
    request: Request, hosts: Mapping[str, HostPlan], release: Mapping[str, Any]
) -> list[list[str]]:
    """Going back, all hosts move at once, but those that have to stop first."""
    changing = [name for name, host in hosts.items() if host.action != "none"]
    sizes = release.get("rollout", {}).get("waves") or [1]
    if request.verb in ROLLING:
        return split_into_waves(changing, sizes, host_count=len(hosts))
    at_once = [name for name in changing if not hosts[name].leaves_rotation]
    stopping = [name for name in changing if hosts[name].leaves_rotation]
    waves = split_into_waves(stopping, sizes, host_count=len(hosts))
    return [at_once, *waves] if at_once else waves


def _voids(
    request: Request, views: Sequence[HostView], release: Mapping[str, Any], hold: Hold
) -> list[str]:
    """A rollback voids what it leaves, so that none ever lands there again."""
    if request.verb in ROLLING:
        return []
    left = {*spoiled(views, hold), *(view.active_release for view in views)}
    return sorted(str(name) for name in left - {release["id"], None})


def _without_contents(release: Mapping[str, Any]) -> dict[str, Any]:
    """What later steps read; the rest may hold secrets, and hosts get it from the request."""
    return {key: value for key, value in release.items() if key not in _CONTENTS}
