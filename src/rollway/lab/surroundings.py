"""What a new lab has to keep away from: networks and ports of this machine and of other labs."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway.lab.paths import LabPaths
from rollway.lab.plan import Surroundings


def look(client: Any, paths: LabPaths) -> Surroundings:
    """Read the engine's networks, this machine's routes, and the plans of the other labs."""
    others = [json.loads(path.read_text()) for path in sorted(paths.labs.glob("*/lab.json"))]
    networks = (*_engine_networks(client), *routes(), *(lab["subnet"] for lab in others))
    planned = {port for lab in others for port in _planned_ports(lab)}
    return Surroundings(networks, lambda port: port not in planned and _is_free(port))


def _planned_ports(lab: Mapping[str, Any]) -> list[int]:
    """Also of hosts that are stopped, whose ports nobody listens on."""
    return [int(port) for host in lab["hosts"] for port in host["ports"].values()]


def routes(table: Path = Path("/proc/net/route")) -> list[str]:
    """Networks this machine has routes to, without the default route."""
    if not table.exists():
        return []
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    pairs = [(_quad(row[1]), _quad(row[7])) for row in rows]
    return [f"{address}/{mask}" for address, mask in pairs if mask != "0.0.0.0"]  # noqa: S104


def _quad(hexadecimal: str) -> str:
    return socket.inet_ntoa(struct.pack("<I", int(hexadecimal, 16)))


def _engine_networks(client: Any) -> list[str]:
    configs = [
        config for network in client.api.networks() for config in network["IPAM"]["Config"] or []
    ]
    return [config["Subnet"] for config in configs if "Subnet" in config]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
