"""Hosts with little room, and what a run plans for them."""

from __future__ import annotations

from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.plan import Plan
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet

MIB = 1024**2
API = {"name": "api", "class": "web", "replicas": 1, "port": 8000}
Fleet = dict[str, Event]


def services_like(mebibytes: int | None, **more: Any) -> list[dict[str, Any]]:
    memory = None if mebibytes is None else mebibytes * MIB
    return [{**API, "memory_bytes": memory, **more}]


def roomy_fleet(before: int | None = 300, **state: Any) -> Fleet:
    """Three hosts that serve 1-a, of which a container was promised so many MiB."""
    acquired = steady_fleet(**state)
    for name in ("app-1", "app-2", "app-3"):
        acquired[name].result["manifests"]["1-a"]["services"] = services_like(before)
    return acquired


def plan_for(acquired: Fleet, mebibytes: int | None = 300, **rollout: Any) -> Plan:
    wanted = manifest("b", services=services_like(mebibytes))
    return decide(
        request(manifest={**wanted, "rollout": {**wanted["rollout"], **rollout}}), acquired
    )
