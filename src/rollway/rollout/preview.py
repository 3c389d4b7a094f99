"""What a run would do, for people and for `deploy --plan`: built from a plan, changing nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rollway.rollout.adoption import gap
from rollway.rollout.adoption_preview import adoption
from rollway.rollout.capacity import needed_bytes
from rollway.rollout.clocks import clock_notes
from rollway.rollout.disk import pull_bytes
from rollway.rollout.fleet import host_view
from rollway.rollout.hold import way_on
from rollway.rollout.jobs import left_behind
from rollway.rollout.journal import Event
from rollway.rollout.maintenance import page_notes
from rollway.rollout.plan import ADOPT, SCALE, Plan
from rollway.rollout.planned import START_FIRST, STOP_FIRST, HostPlan
from rollway.rollout.request import Request

SCHEMA = 1


def preview(plan: Plan, request: Request, acquired: Mapping[str, Event]) -> dict[str, Any]:
    """The plan as data: per host and service what happens, what differs, what it takes.

    Sizes in bytes. `sealed` is what `deploy --plan` compares before it changes anything.
    """
    release = request.manifest or {}
    hosts = [_host(plan, one, acquired[one.name], release) for one in plan.hosts.values()]
    return {
        "schema": SCHEMA,
        "verb": plan.verb,
        "env": plan.env,
        "app": plan.app,
        "release": plan.release.get("id"),
        "version": plan.release.get("version"),
        "previous": plan.previous.get("id"),
        "waves": plan.waves,
        "outside": plan.outside,
        "rollout": plan.release.get("rollout", {}),
        "hosts": hosts,
        "edges": plan.edges,
        "jobs": _jobs(plan),
        "singletons": [
            {"service": one.name, "host": one.host, "before": one.before, "stays": one.stays}
            for one in plan.singletons
        ],
        "adoption": adoption(request, acquired) if plan.verb == ADOPT else [],
        "differences": _differences(plan, acquired),
        "notes": list(plan.release.get("notes", [])),
        "warnings": [
            *_lock_warnings(request, acquired),
            *page_notes(request, acquired.values()),
            *_timing_warnings(plan),
            *watch_notes(plan),
            *clock_notes(acquired.values()),
            *left_behind(acquired, plan),
            *(gap(request, acquired) if plan.verb == ADOPT else []),
        ],
        "sealed": seal(plan, request, acquired),
    }


def seal(plan: Plan, request: Request, acquired: Mapping[str, Event]) -> dict[str, Any]:
    """What must not have moved when a saved plan is carried out.

    Generations are those before a run takes the lock, which raises each by one.
    """
    raised = 0 if request.reads_only else 1
    return {
        "env": plan.env,
        "app": plan.app,
        "version": plan.release.get("version"),
        "release": plan.release.get("id"),
        "hash": plan.release.get("hash"),
        "waves": plan.waves,
        "hosts": list(plan.hosts),
        "stop_first": [name for name, host in plan.hosts.items() if host.leaves_rotation],
        "outside": plan.outside,
        "generations": {
            name: int(event.result.get("generation") or 0) - raised
            for name, event in sorted(acquired.items())
        },
    }


def moved(planned: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between a saved plan and the fleet as it is, in words."""
    words = {
        "hosts": "the hosts",
        "hash": "the application's files, environment or images",
        "release": f"the release's number: {planned.get('release')} then, {now['release']} now",
        "waves": "the waves",
        "stop_first": "the hosts that stop first",
        "outside": "the hosts that are left out",
        **{name: f"{name}: {planned.get(name)} then, {now[name]} now" for name in _NAMES},
    }
    known = {"stop_first": [], **planned}  # plans saved before there was a choice
    found = [text for key, text in words.items() if known.get(key) != now[key]]
    before, after = dict(planned.get("generations") or {}), now["generations"]
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return [*found, *(f"{name}: another run was there" for name in changed)]


_NAMES = ("env", "app", "version")


def _jobs(plan: Plan) -> list[dict[str, Any]]:
    """Where and when each job runs, and in which run it was done already."""
    return [
        {"job": one.name, "when": one.when, "host": one.host, "done": one.record.get("run")}
        for one in plan.jobs
    ]


def _host(plan: Plan, host: HostPlan, event: Event, release: Mapping[str, Any]) -> dict[str, Any]:
    facts = event.result.get("facts") or {}
    starts = host.action == "start"
    return {
        "host": host.name,
        "action": host.action,
        "wave": next((n for n, wave in enumerate(plan.waves, start=1) if host.name in wave), None),
        "slot": host.new_slot,
        "before": host.old_release,
        "services": _services(plan, host),
        "accessories": _accessories(plan, host, event),
        "order": host.order if starts else None,
        "why": host.why,
        "memory_needed_bytes": needed_bytes(plan.release, plan.previous) if starts else 0,
        "memory_available_bytes": facts.get("memory_available_bytes"),
        "pull_bytes": pull_bytes(host_view(event), release) if starts else 0,
        "disk_free_bytes": facts.get("disk_free_bytes"),
    }


def _services(plan: Plan, host: HostPlan) -> list[dict[str, Any]]:
    """Service by service; one that a release drops is in the release before only."""
    now, before = _by_name(plan.release), _by_name(plan.previous if host.old_release else {})
    elsewhere = _elsewhere(plan, host)
    new_images, old_images = plan.release.get("images", {}), plan.previous.get("images", {})
    return [
        {
            "service": name,
            "class": (now.get(name) or before[name])["class"],
            "replicas": (now.get(name) or before[name])["replicas"],
            "replicas_before": before[name]["replicas"] if name in before else None,
            "scaled_before": (plan.previous.get("scaled") or {}).get(name),
            "action": _service_action(host, name in now, name in before),
            "order": _order(now.get(name) or before[name], host),
            "image_before": old_images.get(name) if name in before else None,
            "image": new_images.get(name),
        }
        for name in sorted({*now, *before} - elsewhere)
    ]


def _accessories(plan: Plan, host: HostPlan, event: Event) -> list[dict[str, Any]]:
    """Those that come up: `anew` is one whose container is replaced; `why` is what differs."""
    known = event.result.get("accessories") or {}
    found = known.get("") if "" in known else known.get(str(plan.release.get("id")))
    if plan.verb == SCALE:
        found = known.get(str(host.old_release))
    if host.action == "none":
        return []
    return [{"service": name, **one} for name, one in sorted((found or {}).items())]


def _elsewhere(plan: Plan, host: HostPlan) -> set[str]:
    """Singletons that neither run on this host nor are to run there."""
    return {
        one.name for one in plan.singletons if host.name not in (one.host, *one.before, *one.still)
    }


def _service_action(host: HostPlan, is_new: bool, is_old: bool) -> str:  # noqa: FBT001
    if host.action == "none":
        return "keep"
    if not is_new:
        return "remove"
    return "replace" if is_old else "add"


def _order(service: Mapping[str, Any], host: HostPlan) -> str:
    """That of the host for what the edge sends requests to, and a worker's own."""
    if service["class"] == "web":
        return host.order
    return START_FIRST if service.get("start_first", True) else STOP_FIRST


def _by_name(release: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {str(one["name"]): one for one in release.get("services", [])}


def _differences(plan: Plan, acquired: Mapping[str, Event]) -> list[dict[str, Any]]:
    """Hosts that would change alike, together."""
    groups: dict[str, dict[str, Any]] = {}
    for name, host in plan.hosts.items():
        found = acquired[name].result.get("differences")
        if found and host.action != "none":
            key = json.dumps(found, sort_keys=True)
            groups.setdefault(key, {"hosts": [], **found})["hosts"].append(name)
    return list(groups.values())


def _lock_warnings(request: Request, acquired: Mapping[str, Event]) -> Iterable[str]:
    """Who holds the application, and what comes before this can be carried out."""
    names: dict[tuple[str, str], list[str]] = {}
    for name, event in acquired.items():
        refusal = event.result.get("would_refuse")
        if refusal:
            following = way_on(request, event.result)
            names.setdefault((refusal["found"], following), []).append(name)
    for (found, following), hosts in names.items():
        held_up = f"until then a {request.verb} is refused"
        yield f"{', '.join(hosts)}: {found}; {held_up}; next: {following}"


def watch_notes(plan: Plan) -> list[str]:
    """That nobody looks at what has moved, where a run has no time for it."""
    words = (
        "nothing is watched after the traffic has moved: there is one wave, and bake_seconds is 0; "
        "next: set x-rollway.rollout.bake_seconds, 10 for example"
    )
    return [words] if plan.is_unwatched else []


def _timing_warnings(plan: Plan) -> Iterable[str]:
    http = plan.release.get("http") or {}
    for service in plan.release.get("services", []):
        grace, drain = service.get("stop_grace_seconds"), http.get("drain_seconds")
        if service["name"] == http.get("service") and grace is not None and grace < drain:
            yield (
                f"services/{service['name']}/stop_grace_period: {grace:g} s is shorter than "
                f"drain_seconds, {drain} s: when a host or its engine restarts, requests have "
                f"only {grace:g} s to end"
            )
