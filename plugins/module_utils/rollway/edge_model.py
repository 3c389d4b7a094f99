"""An application at the edge as it should be: checked, since every part becomes configuration."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .names import app_name, slot_name
from .problem import Problem

READY, MAINT = "ready", "maint"
HEAVIEST = 256
_SERVER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# no quotes, spaces, backslashes, dollars, hashes: they mean something in HAProxy's configuration
_TARGET = re.compile(r"/[A-Za-z0-9/_.~%?=&,:@+-]{0,200}")
_PREFIX = re.compile(r"/[A-Za-z0-9/_.~-]{0,200}")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_METHOD = re.compile(r"[A-Z]{1,20}")


@dataclass(frozen=True)
class Server:
    """One server; both slots of a host always stand there, `state` is ready or maint."""

    name: str
    host: str
    slot: str
    address: str
    port: int
    state: str
    weight: int

    @property
    def place(self) -> str:
        """Host and slot, which move together."""
        return f"{self.host}/{self.slot}"

    @property
    def is_ready(self) -> bool:
        return self.state == READY

    @property
    def socket_address(self) -> str:
        """Address and port as HAProxy writes them."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{address}:{self.port}"


@dataclass(frozen=True)
class Backend:
    """How requests of an application are routed, checked and repeated."""

    app: str
    ready: str
    hosts: tuple[str, ...]
    path: str
    retry: tuple[str, ...]
    drain_seconds: float

    @property
    def name(self) -> str:
        """What HAProxy calls it."""
        return backend_name(self.app)

    @property
    def host(self) -> str:
        """The Host header of checks."""
        return self.hosts[0] if self.hosts else "rollway"

    @property
    def keys(self) -> list[str]:
        """Its keys in the map of routes; `/api/` at their end, so that `/apiary` is another's."""
        return [f"{host}{self.path.rstrip('/')}/" for host in self.hosts or ("*",)]


def backend_name(app: str) -> str:
    """The backend of an application."""
    return f"rollway_{app_name(app)}"


def read_backend(app: str, values: Mapping[str, Any]) -> Backend:
    """Check a backend; Problem names the part that cannot be."""
    hosts = [str(one).lower() for one in values.get("hosts") or ()]
    return Backend(
        app=app_name(app),
        ready=_matching("backend/ready", values.get("ready"), _TARGET),
        hosts=tuple(_matching("backend/hosts", one, _HOST) for one in hosts),
        path=_matching("backend/path", values.get("path") or "/", _PREFIX),
        retry=tuple(_matching("backend/retry", one, _METHOD) for one in values.get("retry") or ()),
        drain_seconds=_seconds("backend/drain_seconds", values.get("drain_seconds") or 0),
    )


def read_servers(values: Iterable[Mapping[str, Any]]) -> list[Server]:
    """Check servers; Problem names one that cannot be, or that is there twice."""
    servers = [_server(value) for value in values]
    _check_once("name", [(server.name, server.name) for server in servers])
    _check_once("address", [(server.name, server.socket_address) for server in servers])
    return servers


def to_json(value: Backend | Server) -> dict[str, Any]:
    """What `read_backend` and `read_servers` take."""
    return asdict(value)


def _server(value: Mapping[str, Any]) -> Server:
    name = _matching("servers/name", value.get("name"), _SERVER)
    where = f"servers/{name}"
    if value.get("state") not in (READY, MAINT):
        raise Problem(f"{where}/state", f"found {value.get('state')!r}", "ready or maint")
    return Server(
        name=name,
        host=_matching(f"{where}/host", value.get("host"), _SERVER),
        slot=slot_name(value.get("slot"), f"{where}/slot"),
        address=_address(f"{where}/address", value.get("address")),
        port=_whole(f"{where}/port", value.get("port"), lowest=1, highest=65535),
        state=str(value["state"]),
        weight=_whole(f"{where}/weight", value.get("weight", 100), lowest=0, highest=HEAVIEST),
    )


def _address(where: str, value: object) -> str:
    """An address without a zone: `%` and what follows it would be text of ours to trust."""
    text = value if isinstance(value, str) and "%" not in value else ""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Problem(where, f"found {value!r}", "an IPv4 or IPv6 address") from None


def _whole(where: str, value: object, *, lowest: int, highest: int) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if not isinstance(number, int) or isinstance(number, bool) or not lowest <= number <= highest:
        raise Problem(where, f"found {value!r}", f"a whole number from {lowest} to {highest}")
    return number


def _seconds(where: str, value: object) -> float:
    try:
        seconds = float(str(value))
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 86400:  # noqa: PLR2004 - a day; also refuses nan
        raise Problem(where, f"found {value!r}", "seconds, less than a day")
    return seconds


def _matching(where: str, value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Problem(where, f"found {value!r}", f"text like {pattern.pattern}")
    return value


def _check_once(what: str, pairs: Iterable[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for name, value in pairs:
        if value in seen:
            raise Problem(
                f"servers/{name}/{what}", f"{value} is also that of {seen[value]}", "one of its own"
            )
        seen[value] = name
