"""The kernel's TCP tables (proc_pid_net(5)): who listens, who is connected."""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ESTABLISHED = "01"
LISTEN = "0A"
LOCAL, REMOTE, STATE = 1, 2, 3  # fields of a line


@dataclass(frozen=True)
class Socket:
    """One line of a TCP table; addresses as literals, v4-mapped ones as IPv4."""

    local_port: int
    remote: str
    state: str


def parse_table(text: str) -> Iterator[Socket]:
    """Yield the sockets in the text of /proc/net/tcp or tcp6."""
    for line in text.splitlines()[1:]:
        fields = line.split()
        if len(fields) > STATE:
            port = int(fields[LOCAL].rpartition(":")[2], 16)
            yield Socket(port, _address(fields[REMOTE]), fields[STATE])


def sockets(process: int | str = "self") -> list[Socket]:
    """Return the TCP sockets of a process's network namespace; none once the process is gone."""
    found: list[Socket] = []
    for table in ("tcp", "tcp6"):
        try:
            found += parse_table(Path(f"/proc/{process}/net/{table}").read_text())
        except OSError:
            continue
    return found


Sockets = Callable[[int | str], list[Socket]]


def listening_ports(found: Iterable[Socket]) -> set[int]:
    """Return the ports something listens on."""
    return {socket.local_port for socket in found if socket.state == LISTEN}


def is_loopback(address: str) -> bool:
    """Say whether `address` is the namespace itself, as for a container's own health check."""
    return ipaddress.ip_address(address).is_loopback


def _address(field: str) -> str:
    """Return the literal of `0100007F:1F90`: 32-bit words in the machine's byte order."""
    packed = bytes.fromhex(field.rpartition(":")[0])
    if sys.byteorder == "little":
        packed = b"".join(packed[i : i + 4][::-1] for i in range(0, len(packed), 4))
    address = ipaddress.ip_address(packed)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
