"""What a lab consists of: its hosts, their addresses and published ports. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rollway.errors import RollwayError

Kind = Literal["bare", "ready"]

MOST_HOSTS = 50
SSH, HTTP, REGISTRY = 22, 80, 5000
LOCAL_HTTP_PORT = 8080
FIRST_PORT, PORTS_OF_A_LAB = 24000, 60
"""Each network has its ports, so that who has the network has them, too: 128 times 60 from 24000,
below the range of ephemeral ports."""

_NETWORKS = ipaddress.ip_network("10.77.0.0/17")
_REGISTRY_OFFSET, _EDGE_OFFSET, _APP_OFFSET = 5, 10, 20


@dataclass(frozen=True)
class LabHost:
    """One host: its inventory groups, static address, and container port → port on 127.0.0.1."""

    name: str
    groups: tuple[str, ...]
    address: str
    ports: dict[int, int]


@dataclass(frozen=True)
class Lab:
    """One lab. `kind` is the image its hosts start from."""

    env: str
    subnet: str
    kind: Kind
    hosts: tuple[LabHost, ...]

    @property
    def app_count(self) -> int:
        return sum("app" in host.groups for host in self.hosts)


@dataclass(frozen=True)
class Wish:
    """What was asked for. An `image` lab is the one host from which the ready image is made."""

    env: str
    kind: Kind = "ready"
    app_count: int = 3
    is_image: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What is taken already: networks of this machine, and whether a TCP port is free."""

    networks: tuple[str, ...]
    is_port_free: Callable[[int], bool]


def make(wish: Wish, around: Surroundings, *, before: Lab | None) -> Lab:
    """The lab as wished; what `before` had (subnet, addresses, ports) stays."""
    subnet = before.subnet if before else _free_subnet(around.networks)
    known = {host.name: host for host in before.hosts} if before else {}
    used = {port for host in known.values() for port in host.ports.values()}
    choose = _PortChooser(_ports_of(subnet), used, around.is_port_free)
    hosts = tuple(
        known.get(name) or _host(name, groups, subnet, choose.for_ports(wish.env, groups))
        for name, groups in _roster(wish)
    )
    return Lab(wish.env, subnet, wish.kind, hosts)


def to_json(lab: Lab) -> dict[str, Any]:
    """The lab as data; `from_json` reads it back."""
    return {"schema": 1, **asdict(lab)}


def from_json(data: dict[str, Any]) -> Lab:
    """The lab that `to_json` wrote."""
    hosts = tuple(
        LabHost(
            name=host["name"],
            groups=tuple(host["groups"]),
            address=host["address"],
            ports={int(inside): outside for inside, outside in host["ports"].items()},
        )
        for host in data["hosts"]
    )
    return Lab(data["env"], data["subnet"], data["kind"], hosts)


def _roster(wish: Wish) -> list[tuple[str, tuple[str, ...]]]:
    if not 1 <= wish.app_count <= MOST_HOSTS:
        raise RollwayError("--hosts", f"{wish.app_count}", accepted=f"1 to {MOST_HOSTS}")
    if wish.is_image:
        return [("host-1", ("app", "edge", "registry"))]
    apps = [(f"app-{number}", ("app",)) for number in range(1, wish.app_count + 1)]
    return [*apps, ("edge-1", ("edge",)), ("registry-1", ("registry",))]


def _host(name: str, groups: tuple[str, ...], subnet: str, ports: dict[int, int]) -> LabHost:
    offset = _APP_OFFSET + int(name.rpartition("-")[2])
    if "app" not in groups:
        offset = _REGISTRY_OFFSET if "registry" in groups else _EDGE_OFFSET
    return LabHost(name, groups, str(ipaddress.ip_network(subnet)[offset]), ports)


def _free_subnet(taken: Iterable[str]) -> str:
    networks = [ipaddress.ip_network(network) for network in taken]
    for subnet in _NETWORKS.subnets(new_prefix=24):
        if not any(
            subnet.version == other.version and subnet.overlaps(other) for other in networks
        ):
            return str(subnet)
    raise RollwayError(
        "lab network", f"every part of {_NETWORKS} is taken", next="./invoke lab.down"
    )


def _ports_of(subnet: str) -> range:
    place = list(_NETWORKS.subnets(new_prefix=24)).index(ipaddress.IPv4Network(subnet))
    first = FIRST_PORT + place * PORTS_OF_A_LAB
    return range(first, first + PORTS_OF_A_LAB)


class _PortChooser:
    """Hands out each free port once."""

    def __init__(self, ports: range, used: Collection[int], is_free: Callable[[int], bool]) -> None:
        self._ports = ports
        self._used = set(used)
        self._is_free = is_free

    def for_ports(self, env: str, groups: tuple[str, ...]) -> dict[int, int]:
        ports = {SSH: self._next()}
        if "edge" in groups:
            ports[HTTP] = self._next(LOCAL_HTTP_PORT if env == "local" else None)
        if "registry" in groups:
            ports[REGISTRY] = self._next()
        return ports

    def _next(self, wished: int | None = None) -> int:
        candidates = [wished, *self._ports] if wished else list(self._ports)
        for port in candidates:
            if port not in self._used and self._is_free(port):
                self._used.add(port)
                return port
        raise RollwayError(
            "lab ports", f"none is free from {self._ports.start} to {self._ports.stop - 1}"
        )
