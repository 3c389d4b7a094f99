"""Host ports of web containers: fixed per app, service, replica and slot, kept for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .call import Call
from .engine import PROJECT_LABEL, Json
from .files import exclusive
from .names import SLOTS, service_name
from .paths import AppPaths
from .problem import Problem
from .sealed import read_sealed, write_sealed

FIRST, LAST = 20000, 29999
MOST_REPLICAS = 100

Ports = dict[str, dict[str, list[int]]]  # service → slot → one port per replica
Table = dict[str, Ports]  # app → its ports


@dataclass(frozen=True)
class Need:
    """A web service and how many replicas of it a slot runs."""

    service: str
    replicas: int

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Need:
        replicas = int(value["replicas"])
        if not 1 <= replicas <= MOST_REPLICAS:
            raise Problem(
                f"services/{value['name']}/replicas", f"found {replicas}", f"1 to {MOST_REPLICAS}"
            )
        return cls(service_name(value["name"]), replicas)


def allocate(table: Table, app: str, needs: Iterable[Need], taken: set[int]) -> Ports:
    """Return all ports of `app` after `needs` are met, lowest free numbers first; never fewer.

    `taken` are ports that something else listens on. Raises Problem when the range is used up.
    """
    ports: Ports = {
        service: {slot: list(numbers) for slot, numbers in slots.items()}
        for service, slots in table.get(app, {}).items()
    }
    free = _free(table, taken)
    for need in needs:
        slots = ports.setdefault(need.service, {slot: [] for slot in SLOTS})
        for slot in SLOTS:
            missing = need.replicas - len(slots[slot])
            slots[slot].extend(_next(free, app, need) for _ in range(missing))
    return ports


def check_claims(
    call: Call, claims: Iterable[int], listed: Iterable[Json], *, plain: str = ""
) -> None:
    """Problem when a port that an accessory is to publish belongs to something else on this host.

    `listed` are all containers of the engine; those of the project `plain` are the controller's to
    judge, since the release takes their place. What is not a container's is left to the start:
    it may listen on another address.
    """
    wanted = list(claims)
    if not wanted:
        return
    table, own = read_ports(call.paths), (call.paths.project("accessories"), plain or None)
    holders = {
        number: f"a port of {app}, kept for its service {service}"
        for app, services in table.items()
        for service, slots in services.items()
        for numbers in slots.values()
        for number in numbers
    }
    for item in listed:
        project = (item.get("Labels") or {}).get(PROJECT_LABEL)
        if project is None or project not in own:
            name = (item.get("Names") or [item["Id"]])[0].lstrip("/")  # none while it goes away
            published = [port for port in item.get("Ports") or () if not _is_loopback(port)]
            numbers = [int(port["PublicPort"]) for port in published if port.get("PublicPort")]
            holders |= dict.fromkeys(numbers, f"published by the container {name}")
    for port in wanted:
        if port in holders:
            raise Problem(
                f"x-rollway/services: the accessory at port {port}",
                f"{port} is {holders[port]}",
                "a port of its own on this host",
                "give the accessory another port, or another host, in apps/"
                f"{call.paths.app}/compose.yml",
            )


def _is_loopback(port: Json) -> bool:
    return str(port.get("IP") or "").startswith(("127.", "::1"))


def read_ports(paths: AppPaths) -> Table:
    """Return the ports reserved on this host, of all applications."""
    content = read_sealed(paths.ports)
    return {} if content is None else content["apps"]


def reserve(paths: AppPaths, needs: Iterable[Need], taken: set[int]) -> Ports:
    """Reserve what `needs` lack, under the host-wide mutex, and return all ports of the app."""
    with exclusive(paths.ports_mutex):
        table = read_ports(paths)
        ports = allocate(table, paths.app, needs, taken)
        if ports != table.get(paths.app):
            write_sealed(paths.ports, {"apps": {**table, paths.app: ports}})
    return ports


def _free(table: Table, taken: set[int]) -> Iterator[int]:
    ours = {
        port
        for services in table.values()
        for slots in services.values()
        for numbers in slots.values()
        for port in numbers
    }
    return (port for port in range(FIRST, LAST + 1) if port not in ours and port not in taken)


def _next(free: Iterator[int], app: str, need: Need) -> int:
    port = next(free, None)
    if port is None:
        raise Problem(
            "ports.json",
            f"no free port from {FIRST} to {LAST} for {app}/{need.service}",
            f"{need.replicas} free ports for each slot",
            "remove an application that is no longer used from this host",
        )
    return port
