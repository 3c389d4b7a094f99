"""Ports of Compose files: `"8000:8000"` and its many relatives.

Grammar: the Compose specification, "ports": `[HOST:]CONTAINER[/PROTOCOL]`, with ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rollway.config.problems import Problems, shown

_RANGE = r"[0-9]{1,5}(?:-[0-9]{1,5})?"
_SHORT = re.compile(
    rf"(?:(?:(?P<ip>\[[0-9a-fA-F:.]+\]|[0-9.]+):)?(?P<published>{_RANGE})?:)?"
    rf"(?P<target>{_RANGE})(?:/(?P<protocol>tcp|udp|sctp))?"
)
_HIGHEST = 65535
ACCEPTED = '"8000:8000", "127.0.0.1:8000:8000" or "8000"'


@dataclass(frozen=True)
class Port:
    """One entry of `ports`, its ranges unfolded."""

    targets: tuple[int, ...]
    published: tuple[int, ...]
    ip: str
    protocol: str


def ports_of(service: Mapping[str, Any], path: str, problems: Problems) -> list[Port]:
    """The ports that a service publishes."""
    found = []
    for number, entry in enumerate(service.get("ports") or []):
        try:
            found.append(_port(entry))
        except ValueError:
            problems.add(f"{path}/ports/{number}", shown(entry), accepted=ACCEPTED)
    return found


def exposed_by(service: Mapping[str, Any], path: str, problems: Problems) -> list[int]:
    """The ports that a service only says it listens on."""
    found: list[int] = []
    entries = service.get("expose") or []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        try:
            found += _port(entry).targets
        except ValueError:
            problems.add(f"{path}/expose/{number}", shown(entry), accepted='"8000"')
    return found


def check_claims(services: Mapping[str, Any], problems: Problems) -> None:
    """Note it when two entries publish one port of the host: no developer could start it."""
    claims: dict[tuple[int, str], list[tuple[str, str]]] = {}
    ignored = Problems(problems.file)  # what cannot be read is noted where it is rendered
    for name, service in services.items():
        for port in ports_of(service or {}, f"services/{name}", ignored):
            for number in port.published:
                others = claims.setdefault((number, port.protocol), [])
                taken = next((one for one, ip in others if _overlap(ip, port.ip)), None)
                if taken:
                    found = f"{number} is published by {taken!r} too"
                    problems.add(f"services/{name}/ports", found, accepted="another port")
                others.append((name, port.ip))


def _overlap(one: str, other: str) -> bool:
    return one == other or not {one, other}.isdisjoint({"", "0.0.0.0", "[::]", "::"})  # noqa: S104 - read, not bound


def _port(entry: Any) -> Port:
    if isinstance(entry, dict):
        return _long(entry)
    match = _SHORT.fullmatch(str(entry))
    if not match or isinstance(entry, bool | float):
        raise ValueError(entry)
    return Port(
        targets=tuple(_numbers(match["target"])),
        published=tuple(_numbers(match["published"])),
        ip=match["ip"] or "",
        protocol=match["protocol"] or "tcp",
    )


def _long(entry: Mapping[str, Any]) -> Port:
    return Port(
        targets=(*_numbers(str(entry.get("target", "-"))),),
        published=(*_numbers(str(entry.get("published") or "")),),
        ip=str(entry.get("host_ip") or ""),
        protocol=str(entry.get("protocol") or "tcp"),
    )


def _numbers(text: str | None) -> Iterator[int]:
    if not text:
        return
    if not re.fullmatch(_RANGE, text):
        raise ValueError(text)
    first, _, last = text.partition("-")
    if not 1 <= int(first) <= int(last or first) <= _HIGHEST:
        raise ValueError(text)
    yield from range(int(first), int(last or first) + 1)
