"""HAProxy's master socket: commands to the master, and to one worker by its process id.

Every command goes to a worker by name (`@!<pid>`): while a reload is under way the workers' own
socket is answered by the old worker or the new one, and a change told to the old one is lost.
Protocol: HAProxy management guide, 9.4 "Master CLI".
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .problem import Problem

MASTER_SOCKET = "/run/haproxy-master.sock"
TIMEOUT_SECONDS = 5.0
RETRY_SECONDS = 0.02
# A master that has just been told to reload is away for a moment. All commands but `reload` may
# be given twice.
ABSENT = (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, FileNotFoundError)
ABSENT_SECONDS = 3.0
LINE_BYTES = 8000  # a command line has to fit HAProxy's buffer, 16 kB by default
OLDEST_VERSION = (2, 6)
_MASTER = re.compile(r"\d+\s+master\s+\d+ \[failed: (\d+)\]\s+\S+\s+(\S+)")
_WORKER = re.compile(r"(\d+)\s+worker\s+\d+\s+(\d+)d(\d+)h(\d+)m(\d+)s")


@dataclass(frozen=True)
class Worker:
    """One worker process; an old one only ends the connections it had before a reload."""

    pid: int
    is_current: bool
    age_seconds: int


@dataclass(frozen=True)
class Processes:
    """What `show proc` lists. `failed_reloads` counts those since the last that succeeded."""

    workers: tuple[Worker, ...]
    failed_reloads: int
    version: str

    @property
    def current(self) -> int:
        """The process id of the worker that takes new connections."""
        found = [worker.pid for worker in self.workers if worker.is_current]
        if not found:
            raise Problem("haproxy", "the master has no worker", "one", "journalctl -u haproxy")
        return found[-1]

    @property
    def old(self) -> list[Worker]:
        """Workers of earlier reloads that still have connections."""
        return [worker for worker in self.workers if not worker.is_current]


@dataclass(frozen=True)
class Master:
    """The master process behind its socket; raises Problem when it does not answer."""

    path: str = MASTER_SOCKET

    def processes(self) -> Processes:
        """The master's own list of its workers; a master that is reloading may say nothing."""
        end = time.monotonic() + ABSENT_SECONDS
        while not (text := self._send("show proc")) and time.monotonic() < end:
            time.sleep(RETRY_SECONDS)
        return parse_processes(text)

    def reload(self) -> str:
        """Start new workers from the files; from 2.7 on the answer says how that went.

        Before, the master becomes a new program at once, in the middle of the conversation.
        """
        try:
            return _exchange(self.path, "reload")
        except ConnectionResetError:
            return ""
        except OSError as error:
            raise self._silent(error) from error

    def ask(self, pid: int, *commands: str) -> str:
        """What one worker answers to commands that read."""
        return self._send(";".join(f"@!{pid} {command}" for command in commands))

    def tell(
        self, pid: int, commands: Sequence[str], *, before: Callable[[], None] | None = None
    ) -> None:
        """Give one worker commands that answer nothing when they succeed, in their order.

        `before` is called ahead of every line that is sent, and may raise.
        """
        for batch in batches([f"@!{pid} {command}" for command in commands]):
            if before:
                before()
            answer = " ".join(self._send(batch).split())
            if answer:
                raise Problem(batch, f"HAProxy answered: {answer}", "silence", "./invoke status")

    def _send(self, line: str) -> str:
        end = time.monotonic() + ABSENT_SECONDS
        while True:
            try:
                return _exchange(self.path, line)
            except ABSENT as error:
                if time.monotonic() >= end:
                    raise self._silent(error) from error
                time.sleep(RETRY_SECONDS)
            except OSError as error:
                raise self._silent(error) from error

    def _silent(self, error: OSError) -> Problem:
        return Problem(
            self.path,
            f"HAProxy does not answer: {error}",
            "a running HAProxy with a master socket",
            "systemctl status haproxy; then ./invoke provision",
        )


def _exchange(path: str, line: str) -> str:
    """Send a line and read to the end; `quit` ends what the master would keep open."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(TIMEOUT_SECONDS)
        channel.connect(path)
        channel.sendall(f"{line};quit\n".encode())
        return b"".join(iter(lambda: channel.recv(65536), b"")).decode(errors="replace")


def parse_processes(text: str) -> Processes:
    """Read the answer to `show proc`; Problem when HAProxy is too old or names no version."""
    failed, version = 0, ""
    workers: list[Worker] = []
    is_old = False
    for line in text.splitlines():
        is_old = "old workers" in line if line.startswith("#") else is_old
        if match := _MASTER.match(line):
            failed, version = int(match[1]), match[2]
        if match := _WORKER.match(line):
            pid, days, hours, minutes, seconds = map(int, match.groups())
            age = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
            workers.append(Worker(pid, not is_old, age))
    _check_version(version)
    return Processes(tuple(workers), failed, version)


def batches(commands: Iterable[str]) -> list[str]:
    """Join commands to as few lines as fit HAProxy's buffer."""
    lines: list[str] = []
    for command in commands:
        if lines and len(lines[-1]) + len(command) < LINE_BYTES:
            lines[-1] += f";{command}"
        else:
            lines.append(command)
    return lines


def _check_version(version: str) -> None:
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST_VERSION:
        raise Problem(
            "haproxy",
            f"version {version or 'unknown'}",
            "2.6 or newer, in master-worker mode",
            "install HAProxy of Debian 12 or newer, then ./invoke provision",
        )
