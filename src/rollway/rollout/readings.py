"""What the edges said about their servers when they were acquired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.planned import HostPlan


def ready_slots(acquired: Mapping[str, Event]) -> dict[str, str]:
    """The slot of each host that gets requests now, where the edges know one."""
    return {
        server["host"]: server["slot"]
        for server in _servers(acquired)
        if server["admin_state"] == "ready"
    }


def all_serve(acquired: Mapping[str, Event], edges: Iterable[str], host: str, slot: str) -> bool:
    """Whether every edge sends the host's requests to this slot, and to no other."""
    for edge in edges:
        reading = _edge(acquired[edge]) if edge in acquired else {}
        slots = {
            server["slot"]
            for server in reading.get("servers", [])
            if server["host"] == host and server["admin_state"] == "ready"
        }
        if slots != {slot}:
            return False
    return True


def in_rotation(acquired: Mapping[str, Event], edges: Iterable[str]) -> list[str]:
    """The hosts that every edge sends requests to."""
    ready = [
        {one["host"] for one in _edge(acquired[edge]).get("servers", []) if _is_ready(one)}
        for edge in edges
        if edge in acquired
    ]
    return sorted(set.intersection(*ready)) if ready else []


def needs_restoring(hosts: Iterable[HostPlan], acquired: Mapping[str, Event]) -> bool:
    """Whether an edge strays from the plan's start, or still has workers from before a reload.

    A run that was killed between a shift and its records leaves an edge on a slot that the
    host's records call idle: stopping it there would lose requests.
    """
    if any(_edge(event).get("old_workers") for event in acquired.values()):
        return True
    serving = {host.name: host.serving for host in hosts}
    return any(
        server["admin_state"] == "ready" and serving.get(server["host"]) != server["slot"]
        for server in _servers(acquired)
        if server["host"] in serving
    )


def kept_servers(
    acquired: Mapping[str, Event], edges: Sequence[str], outside: Iterable[str]
) -> dict[str, list[dict[str, Any]]]:
    """The servers of hosts outside the run, for each edge as it runs them itself.

    Edges may disagree, since somebody took a host out at one of them: each keeps what it does. An
    edge that does not know a host at all gets its servers as the first one that does runs them.
    """
    left_out = list(outside)
    known = {edge: _by_host(acquired[edge]) if edge in acquired else {} for edge in edges}
    return {
        edge: [
            server
            for host in left_out
            for server in known[edge].get(host) or _first(known.values(), host)
        ]
        for edge in edges
    }


def _by_host(event: Event) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for server in _edge(event).get("servers", []):
        found.setdefault(server["host"], []).append(_as_desired(server))
    return found


def _first(known: Iterable[Mapping[str, list[dict[str, Any]]]], host: str) -> list[dict[str, Any]]:
    return next((servers[host] for servers in known if host in servers), [])


def checked_paths(
    acquired: Mapping[str, Event], edges: Iterable[str], hosts: Iterable[str]
) -> dict[str, str]:
    """By edge, the path at which it checks servers of these hosts that get requests now."""
    known = set(hosts)
    found: dict[str, str] = {}
    for edge in edges:
        reading = _edge(acquired[edge]) if edge in acquired else {}
        serving = {one["host"] for one in reading.get("servers", []) if _is_ready(one)}
        if reading.get("backend") and serving & known:
            found[edge] = str(reading["backend"]["ready"])
    return found


def _is_ready(server: Mapping[str, Any]) -> bool:
    return bool(server["admin_state"] == "ready")


def _as_desired(server: Mapping[str, Any]) -> dict[str, Any]:
    state = "ready" if server["admin_state"] == "ready" else "maint"
    same = ("name", "host", "slot", "address", "port", "weight")
    return {**{key: server[key] for key in same}, "state": state}


def _servers(acquired: Mapping[str, Event]) -> list[dict[str, Any]]:
    return [server for event in acquired.values() for server in _edge(event).get("servers", [])]


def _edge(event: Event) -> Mapping[str, Any]:
    edge: Mapping[str, Any] = event.result.get("edge") or {}
    return edge
