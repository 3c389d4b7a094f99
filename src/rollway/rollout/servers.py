"""The servers an edge should have: both slots of every host, always, under fixed names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rollway.rollout.fleet import SLOTS
from rollway.rollout.planned import HostPlan

FULL_WEIGHT = 100


def server_name(host: str, slot: str, replica: int) -> str:
    """`app-1-blue-1`: replicas count from 1."""
    return f"{host}-{slot}-{replica}"


def desired_servers(
    hosts: Mapping[str, HostPlan], serving: Mapping[str, str | None]
) -> list[dict[str, Any]]:
    """Every server, `ready` where `serving` names its slot for its host, otherwise `maint`.

    Ports stay reserved when a release has fewer replicas than one before: those stay in `maint`.
    """
    return [
        _server(host, slot, replica, port, is_ready=_is_ready(host, slot, replica, serving))
        for host in hosts.values()
        for slot in SLOTS
        for replica, port in enumerate(host.ports.get(slot, []), start=1)
    ]


def servers_of(hosts: Sequence[HostPlan], slots: Mapping[str, str]) -> list[str]:
    """The names of the servers in the given slot of each host."""
    return [
        server_name(host.name, slots[host.name], replica)
        for host in hosts
        for replica in range(1, host.replicas.get(slots[host.name], 0) + 1)
    ]


def _is_ready(host: HostPlan, slot: str, replica: int, serving: Mapping[str, str | None]) -> bool:
    return serving.get(host.name) == slot and replica <= host.replicas.get(slot, 0)


def _server(
    host: HostPlan, slot: str, replica: int, port: int, *, is_ready: bool
) -> dict[str, Any]:
    return {
        "name": server_name(host.name, slot, replica),
        "host": host.name,
        "slot": slot,
        "address": host.address,
        "port": port,
        "state": "ready" if is_ready else "maint",
        "weight": FULL_WEIGHT,
    }
