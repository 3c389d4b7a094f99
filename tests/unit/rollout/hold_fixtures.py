"""A fleet on which a run holds a release."""

from __future__ import annotations

from typing import Any

from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import acquired_edge, acquired_host, fleet, release

PAUSE = {"waves": [1], "max_failures": 0, "failure_action": "pause"}
RELEASES = {"1-a": release("a"), "2-b": release("b", outcome="candidate")}
HOLD = {"release": "2-b", "previous": "1-a", "reasons": ["the bake"]}
STARTED = Event("stage", "app-1", result={"cut": {}})
MOVED = [("app-1", "green"), ("app-2", "blue"), ("app-3", "blue")]


def bake_failed() -> Event:
    servers = [{"host": host, "slot": slot, "admin_state": "ready"} for host, slot in MOVED]
    result = {"problem": {"found": "its check failed"}, "servers": servers}
    return Event("shift", "edge-1", ok=False, wave=0, result=result)


def held_fleet(**changes: Any) -> dict[str, Event]:
    """The first host serves the held release from green, the others the one before."""
    both = {"blue": "1-a", "releases": RELEASES}
    hosts = [
        acquired_host("app-1", active="green", green="2-b", **both),
        acquired_host("app-2", active="blue", **both),
        acquired_host("app-3", active="blue", **both),
    ]
    for event in hosts:
        event.result["hold"] = HOLD
    return {**fleet(*hosts, acquired_edge(*MOVED)), **changes}
