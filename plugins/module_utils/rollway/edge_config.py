"""An application at the edge: what is asked for, checked, and the text of its backend."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .names import SLOTS, app_name
from .problem import Problem

READY, MAINT = "ready", "maint"
STATES = (READY, MAINT)
HEAVIEST = 256
SPARE_SECONDS = 10  # an idle client of an old worker leaves after timeout http-keep-alive
_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_PATH = re.compile(r"/[A-Za-z0-9/_.~%-]{0,200}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_METHOD = re.compile(r"[A-Z]{1,20}")
_CHECKS = "check inter 1s fastinter 200ms downinter 500ms rise 1 fall 2"
_STATE_WORDS = re.compile(r"( +weight \d+| +disabled)+$", re.MULTILINE)


@dataclass(frozen=True)
class Server:
    """One server as it should be; both slots of a host always stand there."""

    name: str
    host: str
    slot: str
    address: str
    port: int
    state: str
    weight: int


@dataclass(frozen=True)
class Backend:
    """How requests of an application are routed, checked and repeated."""

    app: str
    ready: str
    hosts: tuple[str, ...]
    path: str
    retry: tuple[str, ...]
    drain_seconds: int

    @property
    def name(self) -> str:
        """What HAProxy calls it."""
        return backend_name(self.app)

    @property
    def keys(self) -> list[str]:
        """Its keys in the map of routes."""
        return [f"{host}{self.path}" for host in self.hosts or ("*",)]


def backend_name(app: str) -> str:
    """The backend of an application."""
    return f"rollway_{app_name(app)}"


def read_backend(app: str, values: Mapping[str, Any]) -> Backend:
    """Check what was asked for; every part becomes text of a configuration."""
    return Backend(
        app=app_name(app),
        ready=_checked("backend/ready", values["ready"], _PATH),
        hosts=tuple(_checked("backend/hosts", one, _HOST) for one in values.get("hosts") or ()),
        path=_checked("backend/path", values.get("path") or "/", _PATH),
        retry=tuple(_checked("backend/retry", one, _METHOD) for one in values.get("retry") or ()),
        drain_seconds=int(values.get("drain_seconds") or 0),
    )


def read_servers(values: Iterable[Mapping[str, Any]]) -> list[Server]:
    """Check the servers; Problem for a name, address or state that cannot be."""
    servers = [_server(value) for value in values]
    names = [server.name for server in servers]
    for name in {name for name in names if names.count(name) > 1}:
        raise Problem(f"servers/{name}", "it is named twice", "one server of a name")
    return servers


def _server(value: Mapping[str, Any]) -> Server:
    name = _checked("servers/name", value["name"], _SERVER)
    port, weight = int(value["port"]), int(value.get("weight", 100))
    where = f"servers/{name}"
    if value["state"] not in STATES or value["slot"] not in SLOTS:
        raise Problem(
            where, f"found {value['state']}, {value['slot']}", "ready or maint, and a slot"
        )
    if not 0 < port < 2**16 or not 0 <= weight <= HEAVIEST:
        raise Problem(where, f"found port {port}, weight {weight}", "a port, and a weight to 256")
    try:
        address = str(ipaddress.ip_address(value["address"]))
    except ValueError as error:
        raise Problem(f"{where}/address", str(error), "an IP address") from error
    host = _checked(f"{where}/host", value["host"], _SERVER)
    return Server(name, host, value["slot"], address, port, value["state"], weight)


def _checked(where: str, value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Problem(where, f"found {value!r}", f"text like {pattern.pattern}")
    return value


def render(backend: Backend, servers: Sequence[Server], *, disabled: Iterable[str] = ()) -> str:
    """The backend's text.

    `disabled` names more servers to keep out: those that are down would come up without a check.
    """
    out = set(disabled)
    head = [
        f"# {backend.app}: written by Rollway's haproxy_backend; a deploy writes it again.",
        f"backend {backend.name}",
        "  balance roundrobin",
        "  option httpchk",
        f"  http-check send meth GET uri {backend.ready} ver HTTP/1.1 hdr Host {_host(backend)}",
        "  http-check expect status 200-299",
        *_retry_lines(backend),
        f"  default-server {_CHECKS} pool-purge-delay 1s",
    ]
    lines = [_server_line(server, is_out=server.name in out) for server in servers]
    return "\n".join([*head, *lines]) + "\n"


def _host(backend: Backend) -> str:
    return backend.hosts[0] if backend.hosts else "rollway"


def _retry_lines(backend: Backend) -> list[str]:
    """Only requests that the application calls repeatable are sent twice."""
    if not backend.retry:
        return ["  retry-on conn-failure"]
    methods = " ".join(backend.retry)
    return [
        "  retry-on all-retryable-errors",
        f"  http-request disable-l7-retry unless {{ method {methods} }}",
    ]


def _server_line(server: Server, *, is_out: bool) -> str:
    address = f"[{server.address}]" if ":" in server.address else server.address
    state = " disabled" if is_out or server.state == MAINT else ""
    return f"  server {server.name} {address}:{server.port} weight {server.weight}{state}"


def topology(text: str) -> str:
    """The part of a backend's text that only a reload can change: all but weights and states."""
    return _STATE_WORDS.sub("", text)


def render_map(routes: Mapping[str, Sequence[str]]) -> str:
    """The map of routes: `<host>/<path> <app>` a line, by application."""
    lines = [f"{key} {app}" for app in sorted(routes) for key in routes[app]]
    return "".join(f"{line}\n" for line in lines)
