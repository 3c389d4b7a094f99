"""Hosts that do not answer: of which nobody may say that they serve. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.plan import Plan

DOWN = "down"


def silent_hosts(plan: Plan, events: Iterable[Event]) -> list[str]:
    """Hosts of a run that cannot be reached, or that an edge asks in vain, by their last words.

    What an edge sends no requests to, it does not ask.
    """
    seen = list(events)
    last = {event.host: event for event in seen if event.step != "queue"}
    lost = {name for name, event in last.items() if event.unreachable}
    return [name for name in plan.hosts if name in lost | down_hosts(_readings(plan, seen))]


def is_in_doubt(plan: Plan, edge: str, events: Iterable[Event]) -> bool:
    """Whether an edge is to say at the end which hosts answer.

    That is where a host was lost on the way, or an edge found one down; else it has said so.
    """
    if edge not in plan.edges or not plan.has_traffic or plan.refusal:
        return False
    seen = list(events)
    is_lost = any(event.unreachable for event in seen if event.host in plan.hosts)
    return is_lost or bool(down_hosts(_readings(plan, seen)) & plan.hosts.keys())


def down_hosts(readings: Iterable[Sequence[Mapping[str, Any]]]) -> set[str]:
    """Hosts to which an edge would send requests, and none of whose servers answers it."""
    found: set[str] = set()
    for servers in readings:
        states: dict[str, set[str]] = {}
        for one in servers:
            if one["admin_state"] == "ready":
                states.setdefault(str(one["host"]), set()).add(str(one.get("op_state")))
        found |= {host for host, known in states.items() if known == {DOWN}}
    return found


def _readings(plan: Plan, events: Iterable[Event]) -> list[list[dict[str, Any]]]:
    """What each edge said last about its servers."""
    last: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        servers = (event.result.get("edge") or event.result).get("servers")
        if event.host in plan.edges and servers:
            last[event.host] = servers
    return list(last.values())
