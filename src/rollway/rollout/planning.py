"""Decides a plan from what the hosts said when they were acquired. Pure: no clock, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rollway import exits
from rollway.rollout.capacity import least_serving, order_on
from rollway.rollout.fleet import SLOTS, HostView, host_view, other_slot
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
    all_serve,
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
    web_replicas,
)
from rollway.rollout.request import Request
from rollway.rollout.scale import choose_scale, scale_of
from rollway.rollout.singletons import (
    hosts_of_service,
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
    choice = _choose(request, views, acquired, hold)
    if isinstance(choice, Refusal):
        return _plan(request, acquired, views, {}, refusal=choice)
    if is_given_up(request.verb, str(choice["id"]), hold):
        return _plan(request, acquired, [], choice)
    changed = ready_path_changed(request, acquired, choice, _previous(views, choice, hold))
    no_room = lacks_disk(request, views, choice) or lacks_gpus(request, views, choice)
    refusal = changed or no_room
    plan = _plan(request, acquired, views, choice, refusal=refusal)
    late = None if refusal else _late_refusal(plan, request, acquired)
    return replace(plan, refusal=late, waves=[], hosts={}, **_NOTHING) if late else plan


def _late_refusal(plan: Plan, request: Request, acquired: Mapping[str, Event]) -> Refusal | None:
    """What the plan itself shows to be impossible, or to need a yes."""
    return (
        lost_singletons(request, acquired, plan)
        or runs_nowhere(request, plan)
        or out_of_reach(request, plan)
        or too_few_serve(plan)
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
        view.name: _host(view, release, request, acquired, serving=slots.get(view.name))
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


def _host(
    view: HostView,
    release: Mapping[str, Any],
    request: Request,
    acquired: Mapping[str, Event],
    *,
    serving: str | None,
) -> HostPlan:
    is_anew = request.verb == RESTART and not request.service
    running = None if is_anew else view.slot_running(str(release["id"]))
    is_behind_edges = not release.get("http") or (
        running is not None and all_serve(acquired, request.edges, view.name, running)
    )
    old_slot = view.slot_to_return_to(str(release["id"]))
    new_slot = running or (other_slot(old_slot) if old_slot else SLOTS[0])
    order, why = order_on(view, release, old_slot=old_slot, is_running=running is not None)
    return HostPlan(
        name=view.name,
        address=request.addresses[view.name],
        generation=view.generation,
        action=_action(running, is_behind_edges=is_behind_edges and running == old_slot),
        new_slot=new_slot,
        old_slot=old_slot,
        old_release=view.slots[old_slot].release if old_slot else None,
        serving=serving if serving == new_slot and running else view.serving_slot(serving),
        ports=_web_ports(view, release),
        replicas=_replicas(view, release, new_slot=new_slot, old_slot=old_slot),
        order=order,
        why=why,
    )


def _action(running: str | None, *, is_behind_edges: bool) -> str:
    """A host that has the release keeps it; an edge that does not send requests there is told."""
    if running is None:
        return "start"
    return "none" if is_behind_edges else "shift"


def _web_ports(view: HostView, release: Mapping[str, Any]) -> dict[str, list[int]]:
    """The reserved ports of the service behind the edge, by slot."""
    http = release.get("http")
    if not http:
        return {}
    by_slot = view.ports.get(http["service"], {})
    return {slot: list(ports) for slot, ports in by_slot.items()}


def _replicas(
    view: HostView, release: Mapping[str, Any], *, new_slot: str, old_slot: str | None
) -> dict[str, int]:
    """How many containers answer behind the edge, by slot."""
    counts = {new_slot: web_replicas(release)}
    if old_slot and old_slot != new_slot:
        before = view.manifests.get(str(view.slots[old_slot].release), {})
        counts[old_slot] = web_replicas(before)
    return counts


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
