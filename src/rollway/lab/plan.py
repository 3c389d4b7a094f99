"""What a lab consists of: its hosts, their addresses and published ports. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rollway.errors import RollwayError

Kind = Literal["bare", "ready"]
Ports = Mapping[int, int]
"""Container port → port on 127.0.0.1."""

MOST_HOSTS, MOST_EDGES = 50, 5
SSH, HTTP, REGISTRY = 22, 80, 5000
LOCAL_HTTP_PORT = 8080
FIRST_PORT, PORTS_OF_A_LAB = 24000, 64
"""Each network has its ports, so that who has the network has them, too: 128 times 64 from 24000,
below the range of ephemeral ports. The largest lab takes 62: 50 app hosts, 5 edges, a registry."""

_NETWORKS = ipaddress.ip_network("10.77.0.0/17")
_REGISTRY_OFFSET, _EDGE_OFFSET, _APP_OFFSET = 5, 9, 20
"""Plus the number in a host's name (the registry's is 5 itself): the last part of its address."""


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

    @property
    def edge_count(self) -> int:
        """Hosts that are an edge and no app host: with 0 the first app host is the edge, too."""
        return sum("edge" in host.groups and "app" not in host.groups for host in self.hosts)

    @property
    def urls(self) -> dict[str, str]:
        """Where the edges answer on this machine, by their names."""
        edges = [host for host in self.hosts if HTTP in host.ports]
        return {host.name: f"http://127.0.0.1:{host.ports[HTTP]}" for host in edges}


@dataclass(frozen=True)
class Wish:
    """What was asked for. An `image` lab is the one host from which the ready image is made."""

    env: str
    kind: Kind = "ready"
    app_count: int = 3
    edge_count: int = 1
    is_image: bool = False

    @property
    def shape(self) -> str:
        """The hosts in words."""
        apps = _counted(self.app_count, "app host")
        edges = _counted(self.edge_count, "edge") if self.edge_count else "no edge of its own"
        return f"{apps}, {edges} and registry"

    @property
    def host_count(self) -> int:
        """How many hosts of all groups."""
        return len(_roster(self))


@dataclass(frozen=True)
class Surroundings:
    """What is taken already: networks of this machine, and whether a TCP port is free."""

    networks: tuple[str, ...]
    is_port_free: Callable[[int], bool]


def make(wish: Wish, around: Surroundings, *, before: Lab | None) -> Lab:
    """The lab as wished; what `before` had (subnet, addresses, ports) stays."""
    subnet = before.subnet if before else _free_subnet(around.networks)
    known = {host.name: host.ports for host in before.hosts} if before else {}
    choose = _PortChooser(_ports_of(subnet), _kept(known, wish), _is_free(known, around))
    hosts = tuple(
        _host(name, groups, subnet, choose.for_ports(wish.env, groups, known.get(name, {})))
        for name, groups in _roster(wish)
    )
    return Lab(wish.env, subnet, wish.kind, hosts)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _kept(known: Mapping[str, Ports], wish: Wish) -> set[int]:
    """The ports that stay where they are."""
    ports = [(inside, known.get(name, {}).get(inside)) for name, inside in _openings(wish)]
    return {outside for _inside, outside in ports if outside}


def _openings(wish: Wish) -> list[tuple[str, int]]:
    return [(name, inside) for name, groups in _roster(wish) for inside in _inside(groups)]


def _is_free(known: Mapping[str, Ports], around: Surroundings) -> Callable[[int], bool]:
    """Also free is what the lab itself has: hosts that are not wished go before others come."""
    own = {outside for ports in known.values() for outside in ports.values()}
    return lambda port: port in own or around.is_port_free(port)


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
    if not 0 <= wish.edge_count <= MOST_EDGES:
        raise RollwayError("--edges", f"{wish.edge_count}", accepted=f"0 to {MOST_EDGES}")
    if wish.is_image:
        return [("host-1", ("app", "edge", "registry"))]
    apps = [(f"app-{number}", _app_groups(number, wish)) for number in _numbers(wish.app_count)]
    edges = [(f"edge-{number}", ("edge",)) for number in _numbers(wish.edge_count)]
    return [*apps, *edges, ("registry-1", ("registry",))]


def _numbers(count: int) -> range:
    return range(1, count + 1)


def _app_groups(number: int, wish: Wish) -> tuple[str, ...]:
    return ("app", "edge") if number == 1 and not wish.edge_count else ("app",)


def _host(name: str, groups: tuple[str, ...], subnet: str, ports: dict[int, int]) -> LabHost:
    number = int(name.rpartition("-")[2])
    offset = (_APP_OFFSET if "app" in groups else _EDGE_OFFSET) + number
    if groups == ("registry",):
        offset = _REGISTRY_OFFSET
    return LabHost(name, groups, str(ipaddress.ip_network(subnet)[offset]), ports)


def _inside(groups: tuple[str, ...]) -> list[int]:
    """The ports of a host that are published."""
    of_groups = {"edge": HTTP, "registry": REGISTRY}
    return [SSH, *(port for group, port in of_groups.items() if group in groups)]


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

    def for_ports(self, env: str, groups: tuple[str, ...], before: Ports) -> dict[int, int]:
        wished = {HTTP: LOCAL_HTTP_PORT} if env == "local" else {}
        return {
            inside: before.get(inside) or self._next(wished.get(inside))
            for inside in _inside(groups)
        }

    def _next(self, wished: int | None = None) -> int:
        candidates = [wished, *self._ports] if wished else list(self._ports)
        for port in candidates:
            if port not in self._used and self._is_free(port):
                self._used.add(port)
                return port
        raise RollwayError(
            "lab ports", f"none is free from {self._ports.start} to {self._ports.stop - 1}"
        )
