"""What a backend's servers are doing: `show servers state` and `show stat`, parsed."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass

from .haproxy_socket import ask

_MAINT, _DRAIN = 0x01 | 0x02 | 0x20, 0x08 | 0x10  # management guide, `show servers state`
_OPERATIONS = {"0": "down", "1": "starting", "2": "up", "3": "stopping"}


@dataclass(frozen=True)
class ServerState:
    """One server as HAProxy runs it; `admin` is ready, drain or maint."""

    name: str
    address: str
    port: int
    admin: str
    operation: str
    weight: int


@dataclass(frozen=True)
class Counters:
    """What a server has answered since its worker started."""

    sessions: int
    current: int
    errors_5xx: int
    connect_errors: int
    response_errors: int
    is_down: bool

    def since(self, before: Counters | None) -> Counters:
        """The difference; a worker that is new has begun at nothing."""
        if before is None or self.sessions < before.sessions:
            return self
        return Counters(
            self.sessions - before.sessions,
            self.current,
            self.errors_5xx - before.errors_5xx,
            self.connect_errors - before.connect_errors,
            self.response_errors - before.response_errors,
            self.is_down,
        )


def read_states(path: str, backend: str) -> dict[str, ServerState]:
    """The servers of a backend by name; none where HAProxy does not know it."""
    lines = ask(path, f"show servers state {backend}").splitlines()
    header = next((line for line in lines if line.startswith("# be_id")), "")
    columns = header.removeprefix("# ").split()
    rows = [dict(zip(columns, line.split(), strict=False)) for line in lines if line[:1].isdigit()]
    states = [_state(row) for row in rows if row.get("be_name") == backend]
    return {state.name: state for state in states}


def read_counters(path: str, backend: str) -> dict[str, Counters]:
    """The counters of a backend's servers by name."""
    lines = ask(path, "show stat -1 4 -1").strip().removeprefix("# ").splitlines()
    rows = [row for row in csv.DictReader(lines) if row["pxname"] == backend]
    return {row["svname"]: _counters(row) for row in rows}


def _state(row: Mapping[str, str]) -> ServerState:
    return ServerState(
        name=row["srv_name"],
        address=row["srv_addr"],
        port=int(row["srv_port"]),
        admin=_admin(int(row["srv_admin_state"])),
        operation=_OPERATIONS.get(row["srv_op_state"], row["srv_op_state"]),
        weight=int(row["srv_uweight"]),
    )


def _admin(flags: int) -> str:
    if flags & _MAINT:
        return "maint"
    return "drain" if flags & _DRAIN else "ready"


def _counters(row: Mapping[str, str]) -> Counters:
    return Counters(
        sessions=int(row["stot"] or 0),
        current=int(row["scur"] or 0),
        errors_5xx=int(row["hrsp_5xx"] or 0),
        connect_errors=int(row["econ"] or 0),
        response_errors=int(row["eresp"] or 0),
        is_down=row["status"].startswith("DOWN"),
    )
