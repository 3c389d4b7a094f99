"""HAProxy's runtime API: commands over its two Unix sockets (management guide, 9.3 and 9.4)."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .problem import Problem

ADMIN_SOCKET = "/run/haproxy/admin.sock"
MASTER_SOCKET = "/run/haproxy-master.sock"
TIMEOUT_SECONDS = 5.0
ABSENT_SECONDS = 3.0
BATCH = 20
_WORKER = re.compile(r"^(\d+)\s+worker\s+(?:\[[^\]]*\]\s+)?(\d+)\s+(\d+)d(\d+)h(\d+)m(\d+)s")


@dataclass(frozen=True)
class Worker:
    """One worker process; an old one only ends the connections it had before a reload."""

    pid: int
    is_current: bool
    age_seconds: int


def ask(path: str, command: str) -> str:
    """The answer to one command, or to several with `;` between them; Problem when none comes."""
    end = time.monotonic() + ABSENT_SECONDS
    while True:
        try:
            return _ask(path, command)
        except (ConnectionRefusedError, FileNotFoundError) as error:
            if time.monotonic() >= end:
                raise _silent(path, error) from error
            time.sleep(0.02)  # a master that has just reloaded is away for a moment
        except OSError as error:
            raise _silent(path, error) from error


def _ask(path: str, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(TIMEOUT_SECONDS)
        channel.connect(path)
        channel.sendall(f"{command};quit\n".encode())  # the master waits for more without
        return b"".join(iter(lambda: channel.recv(65536), b"")).decode(errors="replace")


def _silent(path: str, error: OSError) -> Problem:
    return Problem(
        path,
        f"HAProxy does not answer: {error}",
        "a running HAProxy with this socket",
        "systemctl status haproxy; then ./invoke provision",
    )


def tell(path: str, commands: Sequence[str]) -> None:
    """Send commands that answer nothing when they succeed; Problem with what was answered."""
    for start in range(0, len(commands), BATCH):
        batch = commands[start : start + BATCH]
        answer = " ".join(ask(path, ";".join(batch)).split())
        if answer:
            raise Problem("; ".join(batch), f"HAProxy answered: {answer}", "silence")


def current_pid(path: str) -> int:
    """The process that answers on the admin socket."""
    for line in ask(path, "show info").splitlines():
        if line.startswith("Pid: "):
            return int(line.split()[1])
    raise Problem(path, "`show info` names no process")


def workers(path: str) -> list[Worker]:
    """The workers that the master knows."""
    found: list[Worker] = []
    is_old = False
    for line in ask(path, "show proc").splitlines():
        if line.startswith("#"):
            is_old = "old workers" in line
        match = _WORKER.match(line)
        if match:
            pid, _, days, hours, minutes, seconds = map(int, match.groups())
            age = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
            found.append(Worker(pid, not is_old, age))
    return found
