"""What servers are doing: `show servers state` and `show stat` of one worker, parsed.

Columns: HAProxy management guide, 9.1 (statistics) and 9.3 (`show servers state`).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from .haproxy_socket import Master

_MAINT = 0x01 | 0x02 | 0x20  # told, inherited, by name resolution; 0x04 only says what the file had
_DRAIN = 0x08 | 0x10
_OPERATIONS = {"0": "down", "1": "starting", "2": "up", "3": "stopping"}
_SILENT = ("L4TOUT", "L6TOUT", "L7TOUT")
_READ = ("show servers state", "show stat -1 4 -1")  # all proxies, servers only


@dataclass(frozen=True)
class Counters:
    """What a server has done since its worker started; `current` is sessions now.

    `requests` are all that were sent to it, each try of one that was tried again included;
    `answered` those whose answer went on to the client; `redispatched` those that went elsewhere
    after it had failed. `server_aborts` are answers that it cut, `client_aborts` requests whose
    client left. `failed_checks` are those that failed while it was up.
    """

    requests: int = 0
    current: int = 0
    errors_5xx: int = 0
    connect_errors: int = 0
    response_errors: int = 0
    failed_checks: int = 0
    answered: int = 0
    redispatched: int = 0
    client_aborts: int = 0
    server_aborts: int = 0

    @property
    def failed(self) -> int:
        """How many requests it failed, whoever answered them in the end: docs/decisions/0013.

        What is under way is not known to be answered or not, hence more than one lower bound.
        HAProxy 3.0 counts an empty answer as two errors, 2.6 a reset one.
        """
        ended = self.requests - self.answered - self.current - self.client_aborts
        passed_on = self.redispatched + self.connect_errors
        broken = (self.response_errors - self.server_aborts + 1) // 2
        unanswered = max(ended, passed_on, broken, 0)
        return min(self.requests, unanswered + self.errors_5xx + self.server_aborts)

    def since(self, before: Counters) -> Counters:
        """The difference; `current` stays what it is. Counters that a person cleared begin anew."""
        if self.requests < before.requests or self.answered < before.answered:
            return self
        spent = {
            one.name: getattr(self, one.name) - getattr(before, one.name) for one in fields(self)
        }
        return Counters(**{**spent, "current": self.current})


@dataclass(frozen=True)
class Running:
    """One server as a worker runs it; `admin` is ready, drain or maint, `operation` up or down.

    `is_silent` where its last check got no answer at all: that may hold of one that is up, too.
    """

    name: str
    address: str
    port: int
    admin: str
    operation: str
    weight: int
    counters: Counters = field(default_factory=Counters)
    is_silent: bool = False

    @property
    def is_ready(self) -> bool:
        return self.admin == "ready"

    @property
    def is_down(self) -> bool:
        """Whether it should serve and its checks say that it cannot."""
        return self.is_ready and self.operation == "down"

    @property
    def is_serving(self) -> bool:
        return self.is_ready and self.operation == "up" and self.weight > 0


@dataclass(frozen=True)
class View:
    """All backends of the current worker at one moment, servers by name."""

    pid: int
    backends: Mapping[str, Mapping[str, Running]]

    def servers(self, backend: str) -> Mapping[str, Running]:
        """The servers of a backend; none where HAProxy does not know it."""
        return self.backends.get(backend, {})


def view(master: Master) -> View:
    """Look at the worker that takes new connections."""
    pid = master.processes().current
    return View(pid, parse_backends(master.ask(pid, *_READ)))


def parse_backends(text: str) -> dict[str, dict[str, Running]]:
    """Read the answers to `show servers state` and `show stat`, one after the other."""
    statistics = _statistics(text)
    found: dict[str, dict[str, Running]] = {}
    for row in _state_rows(text):
        backend, name = row["be_name"], row["srv_name"]
        counted = statistics.get((backend, name), {})
        found.setdefault(backend, {})[name] = _running(row, counted)
    return found


def _state_rows(text: str) -> list[dict[str, str]]:
    header, *lines = _table(text, "# be_id") or [""]
    columns = header.removeprefix("# ").split()
    return [dict(zip(columns, line.split(), strict=False)) for line in lines]


def _statistics(text: str) -> dict[tuple[str, str], dict[str, str]]:
    lines = _table(text, "# pxname")
    if lines:
        lines[0] = lines[0].removeprefix("# ")
    return {(row["pxname"], row["svname"]): row for row in csv.DictReader(lines)}


def _table(text: str, start: str) -> list[str]:
    """The lines from the one that begins with `start` to the next empty one."""
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.startswith(start)), len(lines))
    last = next((i for i, line in enumerate(lines) if i > first and not line), len(lines))
    return lines[first:last]


def _running(row: Mapping[str, str], counted: Mapping[str, str]) -> Running:
    return Running(
        name=row["srv_name"],
        address=row["srv_addr"],
        port=int(row["srv_port"]),
        admin=_admin(int(row["srv_admin_state"])),
        operation=_OPERATIONS.get(row["srv_op_state"], row["srv_op_state"]),
        weight=int(row["srv_uweight"]),
        counters=_counters(counted) if counted else Counters(),
        is_silent=counted.get("check_status", "").removeprefix("* ") in _SILENT,
    )


def _admin(flags: int) -> str:
    if flags & _MAINT:
        return "maint"
    return "drain" if flags & _DRAIN else "ready"


def _counters(row: Mapping[str, str]) -> Counters:
    return Counters(
        requests=int(row["stot"] or 0),
        current=int(row["scur"] or 0),
        errors_5xx=int(row["hrsp_5xx"] or 0),
        connect_errors=int(row["econ"] or 0),
        response_errors=int(row["eresp"] or 0),
        failed_checks=int(row["chkfail"] or 0),
        answered=int(row["req_tot"] or 0),
        redispatched=int(row["wredis"] or 0),
        client_aborts=int(row["cli_abrt"] or 0),
        server_aborts=int(row["srv_abrt"] or 0),
    )
