"""The state of a fleet as one object: the contract of `status --json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollway.report.interrupted import left_in
from rollway.rollout.fleet import HostView, host_view
from rollway.rollout.journal import Event
from rollway.rollout.maintenance import page_of
from rollway.rollout.request import Request
from rollway.rollout.singletons import placed_on, singletons_of


def fleet_status(request: Request, answers: Mapping[str, Event]) -> dict[str, Any]:
    """Build the object from what every host answered; hosts that did not are named as such.

    It is the same whoever answered first.
    """
    order = dict.fromkeys([*request.app_hosts, *request.edges])
    acquired = {name: answers[name] for name in order if name in answers}
    views = {name: host_view(acquired[name]) for name in request.app_hosts if name in acquired}
    edges = [_edge(name, acquired.get(name)) for name in request.edges]
    hosts = [_host(name, views.get(name), acquired.get(name), edges) for name in request.app_hosts]
    releases = sorted({host["release"] for host in hosts if host["release"]})
    return {
        "env": request.env,
        "app": request.app,
        "release": releases[0] if len(releases) == 1 else None,
        "version": _version(hosts, releases),
        "outcome": "held" if _hold(acquired) else _outcome(views.values(), releases, hosts),
        "hosts": hosts,
        "edges": edges,
        "locks": [lock for name in acquired if (lock := _lock(name, acquired[name]))],
        "held": _hold(acquired),
        "frozen": _freeze(acquired),
        "interrupted_run": left_in(request, acquired),
        "singletons": _singletons(views.values(), acquired),
    }


def _host(
    name: str, view: HostView | None, event: Event | None, edges: list[dict[str, Any]]
) -> dict[str, Any]:
    result = event.result if event else {}
    slot = view.active if view else None
    one = view.slots[slot] if view and slot else None
    listed = (result.get("containers") or {}).get(slot) or []
    away = _away(view) if view else set()
    containers = [each for each in listed if each["service"] not in away]
    kinds = ("web",) if result.get("lock") else ("web", "worker")  # a run moves workers last
    wanted = _wanted(view, away, kinds) if view else {}
    lacking = _lacking(wanted, containers)
    return {
        "host": name,
        "release": one.release if one else None,
        "version": one.version if one else None,
        "slot": slot,
        "healthy": bool(containers) and not lacking and all(map(_is_healthy, containers)),
        "in_rotation": _in_rotation(name, slot, edges),
        "images": {each["service"]: each["image"] for each in containers},
        "lacking": lacking,
        "restarted": [_restarted(each) for each in containers if each.get("restarts")],
        "problem": _problem(event),
    }


def _wanted(view: HostView, away: set[str], kinds: tuple[str, ...]) -> dict[str, list[str]]:
    """Service → its containers on this host, as the release that serves names them."""
    release = view.manifests.get(str(view.active_release)) or {}
    return {
        str(one["name"]): [each for each in one.get("containers") or () if each not in away]
        for one in release.get("services") or ()
        if one.get("class") in kinds
    }


def _lacking(
    wanted: Mapping[str, list[str]], containers: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Services of which fewer containers run than the release has: `running` of `wanted`."""
    running = {each["service"] for each in containers if each.get("state") == "running"}
    counts = {name: len(running.intersection(names)) for name, names in wanted.items()}
    return [
        {"service": name, "running": count, "wanted": len(wanted[name])}
        for name, count in counts.items()
        if count < len(wanted[name])
    ]


def _restarted(container: Mapping[str, Any]) -> dict[str, Any]:
    """A container that its engine has started again, since it ended by itself."""
    said = ("state", "restarts", "exit_code", "oom")
    return {"container": container["name"], **{key: container[key] for key in said}}


def _away(view: HostView) -> set[str]:
    """Containers of singletons that another host runs: here they stand still, as they should."""
    release = view.manifests.get(str(view.active_release)) or {}
    elsewhere = singletons_of(release).keys() - {*view.singletons}
    return {one for name in elsewhere for one in singletons_of(release)[name]["containers"]}


def _edge(name: str, event: Event | None) -> dict[str, Any]:
    reading = (event.result.get("edge") if event else None) or {}
    servers = [
        {
            "name": server["name"],
            "host": server["host"],
            "slot": server["slot"],
            "weight": server["weight"],
            "state": server["op_state"] if server["admin_state"] == "ready" else "maint",
        }
        for server in reading.get("servers", [])
    ]
    page = page_of(event) if event else None
    return {"host": name, "servers": servers, "maintenance": page, "problem": _problem(event)}


def _in_rotation(host: str, slot: str | None, edges: list[dict[str, Any]]) -> bool:
    """Every edge sends requests to the host's recorded slot and finds it up."""
    states = [
        [one["state"] for one in edge["servers"] if (one["host"], one["slot"]) == (host, slot)]
        for edge in edges
    ]
    return bool(states) and all("up" in found for found in states)


def _is_healthy(container: Mapping[str, Any]) -> bool:
    return container.get("state") == "running" and container.get("health") in {
        "healthy",
        "none",
        "",
        None,
    }


def _singletons(views: Iterable[HostView], acquired: Mapping[str, Event]) -> list[dict[str, Any]]:
    """Where the workers run of which the fleet has one; of hosts that were not asked, as recorded.

    An empty list of hosts is one that runs nowhere.
    """
    asked = {view.name: view for view in views}
    known = placed_on(acquired)
    served = {
        name
        for view in asked.values()
        for name in singletons_of(view.manifests.get(str(view.active_release)) or {})
    }
    having = {name for view in asked.values() for name in view.singletons}
    return [
        {
            "service": name,
            "hosts": [
                *(host for host, view in sorted(asked.items()) if name in view.singletons),
                *(host for host in known.get(name, []) if host not in asked),
            ],
        }
        for name in sorted(served | having | known.keys())
    ]


def _hold(acquired: Mapping[str, Event]) -> dict[str, Any] | None:
    """What waits for a person's decision."""
    return next((hold for event in acquired.values() if (hold := event.result.get("hold"))), None)


def _freeze(acquired: Mapping[str, Event]) -> dict[str, Any] | None:
    """Whose freeze keeps every run out."""
    found = (event.result.get("freeze") for event in acquired.values())
    return next((freeze for freeze in found if freeze), None)


def _outcome(views: Any, releases: list[str], hosts: list[dict[str, Any]]) -> str | None:
    if any(host["problem"] for host in hosts):
        return "unknown"
    if len(releases) > 1 or any(not host["release"] for host in hosts):
        return "mixed" if releases else None
    known = [view.releases.get(releases[0], {}).get("outcome") for view in views]
    return str(known[0]) if known else None


def _version(hosts: list[dict[str, Any]], releases: list[str]) -> str | None:
    if len(releases) != 1:
        return None
    return next(str(host["version"]) for host in hosts if host["release"] == releases[0])


def _lock(name: str, event: Event) -> dict[str, Any] | None:
    """Who has the lock, what is known of its process, and the step that the run has entered."""
    holder, phase = event.result.get("lock"), (event.result.get("state") or {}).get("phase") or {}
    if not holder:
        return None
    step = phase["step"] if phase.get("run") == holder["id"] else None
    return {"host": name, **holder, "step": step, "process": event.result.get("process")}


def _problem(event: Event | None) -> str | None:
    if event is None:
        return "it was not asked"
    if event.unreachable:
        return f"unreachable: {event.result.get('msg', '')}".strip()
    problem = event.result.get("problem") or {}
    return None if event.ok else str(problem.get("found") or event.result.get("msg"))
