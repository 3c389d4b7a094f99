"""What `drift` asks of each host, and what the edges should do by what the hosts record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rollway.rollout.calls import EDGE_MODULE, HOST_MODULE, Call, place_of
from rollway.rollout.fleet import HostView, host_view
from rollway.rollout.jobs import is_done
from rollway.rollout.journal import Event
from rollway.rollout.planned import HostPlan
from rollway.rollout.releases import web_replicas
from rollway.rollout.request import Request
from rollway.rollout.servers import desired_servers
from rollway.rollout.singletons import singletons_of

Finding = dict[str, Any]


def drift_calls(request: Request, host: str) -> list[Call]:
    """Calls that only read: a host that is an edge, too, compares both with their records."""
    found: list[Call] = []
    if host in request.app_hosts:
        asked = {"step": "drift", "app": request.app, "run": request.run, "alive": request.alive}
        about = {"inventory_host": host, "address": request.addresses[host]}
        found.append(Call(HOST_MODULE, {**asked, **about, **place_of(request, host)}))
    if host in request.edges:
        found.append(Call(EDGE_MODULE, {"step": "drift", "app": request.app}))
    return found


def edges_astray(request: Request, told: Mapping[str, Event]) -> list[Finding]:
    """Servers that an edge has otherwise than the hosts record; hosts that did not answer aside."""
    answered = [told[name] for name in request.app_hosts if name in told and told[name].ok]
    wanted = [one for event in answered for one in _wanted(request, event)]
    hosts = {event.host for event in answered}
    known = {*request.app_hosts, *request.outside}
    return [
        {"host": edge, **finding}
        for edge in request.edges
        if edge in told and told[edge].ok
        for finding in _astray(servers_of(told[edge]), wanted, asked=hosts, known=known)
    ]


def singletons_astray(request: Request, told: Mapping[str, Event]) -> Iterator[Finding]:
    """Singletons that more than one host has on record, or none although the release has them.

    Hosts that were not asked may have them, and a run at work or held is about to say.
    """
    events = [told[name] for name in request.app_hosts if name in told and told[name].ok]
    having: dict[str, list[str]] = {}
    for event in events:
        for name in (event.result.get("state") or {}).get("singletons") or ():
            having.setdefault(str(name), []).append(event.host)
    for name, hosts in sorted(having.items()):
        if len(hosts) > 1:
            yield _singleton(hosts[-1], name, f"on record on {', '.join(hosts)}")
    if len(events) < len([*request.app_hosts, *request.outside]):
        return
    if any(event.result.get("lock") or event.result.get("hold") for event in events):
        return
    served = {name for one in events for name in singletons_of(one.result.get("serving") or {})}
    for name in sorted(served - having.keys()):
        yield _singleton(events[0].host, name, "on record on no host: it runs nowhere")


def jobs_astray(request: Request, told: Mapping[str, Event]) -> Iterator[Finding]:
    """Jobs of the release that serves of which no host knows that they are done.

    One host is enough, since every run asks them all: those that were not asked may know.
    """
    events = [told[name] for name in request.app_hosts if name in told and told[name].ok]
    if len(events) < len([*request.app_hosts, *request.outside]):
        return
    if any(event.result.get("lock") or event.result.get("hold") for event in events):
        return
    served = {
        (str(view.active_release), str(job["name"])): _host_of(job, event)
        for event in reversed(events)
        for view in [host_view(event)]
        for job in (event.result.get("serving") or {}).get("jobs") or ()
    }
    for (release, job), host in sorted(served.items()):
        records = ((one.result.get("jobs") or {}).get(release) or {} for one in events)
        if not any(is_done(one[job]) for one in records if job in one):
            found = "on record on no host: a deploy does it again"
            words = {"where": f"jobs/{job}", "found": found, "accepted": f"done for {release}"}
            yield {"host": host, "kind": "job", **words}


def _host_of(job: Mapping[str, Any], event: Event) -> str:
    """The host that a job is told, or else the one that was asked."""
    return str(next(iter(job.get("hosts") or ()), event.host))


def _singleton(host: str, name: str, found: str) -> Finding:
    where = f"services/{name}"
    return {"host": host, "kind": "singleton", "where": where, "found": found, "accepted": "one"}


def servers_of(event: Event) -> list[Mapping[str, Any]]:
    """The servers an edge runs; beside a host's own answer they stand under `edge`."""
    return list((event.result.get("edge") or event.result).get("servers") or [])


def _wanted(request: Request, event: Event) -> list[dict[str, Any]]:
    """Every server of a host, as a deploy of what it records would ask for it."""
    view, serving = host_view(event), event.result.get("serving") or {}
    http = serving.get("http")
    if not http or not view.active:
        return []
    plan = _plan_of(view, request.addresses[view.name], serving)
    return desired_servers({view.name: plan}, {view.name: view.active})


def _plan_of(view: HostView, address: str, serving: Mapping[str, Any]) -> HostPlan:
    """The host as it stands: nothing starts, nothing moves."""
    active = str(view.active)
    return HostPlan(
        name=view.name,
        address=address,
        generation=view.generation,
        action="none",
        new_slot=active,
        old_slot=active,
        old_release=view.active_release,
        serving=active,
        ports=view.ports.get(serving["http"]["service"], {}),
        replicas={active: web_replicas(serving)},
    )


def _astray(
    servers: list[Mapping[str, Any]],
    wanted: list[dict[str, Any]],
    *,
    asked: set[str],
    known: set[str],
) -> Iterator[Finding]:
    """Ports reserved by a run that was refused are not at the edges yet: no finding in `maint`."""
    have = {str(server["name"]): server for server in servers}
    need = {str(server["name"]): server for server in wanted}
    for name, server in have.items():
        if server["host"] not in known:
            accepted = "only servers of hosts in the inventory"
            yield _finding(name, f"a server of {server['host']}, which is not there", accepted)
        elif server["host"] in asked and name not in need and server["admin_state"] != "maint":
            accepted = f"maint: {server['host']} records no such server"
            yield _finding(name, str(server["admin_state"]), accepted)
    for name, server in need.items():
        if name in have and _words(have[name]) != _words(server):
            accepted = f"{_words(server)}, as {server['host']} records it"
            yield _finding(name, _words(have[name]), accepted)
        elif name not in have and server["state"] == "ready":
            accepted = f"{_words(server)}, as {server['host']} records it"
            yield _finding(name, "not there", accepted)


def _words(server: Mapping[str, Any]) -> str:
    state = server.get("admin_state") or server["state"]
    return f"{state} with weight {server['weight']} at {server['address']} port {server['port']}"


def _finding(name: str, found: str, accepted: str) -> Finding:
    return {"kind": "server", "where": f"servers/{name}", "found": found, "accepted": accepted}
