"""Runs one measured command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rollway import exits
from rollway.checking import environment
from rollway.errors import RollwayError
from rollway.lab.paths import PROJECT

_SHOWN = 1500
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 20.0
"""For a release that is broken off: it unlocks its hosts before it ends."""


class Interrupted(BaseException):
    """Raised when a signal ends the benchmark; nothing is to be done but to tidy up."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


@contextmanager
def interruptible() -> Iterator[None]:
    """Make signals that end a process an exception, so that what was made is taken away."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise Interrupted(number)

    before = {number: signal.signal(number, interrupt) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class Measured:
    """One run: its start in seconds since the epoch, its length, and its largest process."""

    started: float
    seconds: float
    peak_bytes: int

    @property
    def ended(self) -> float:
        return self.started + self.seconds


def measure(command: Sequence[str], *, extra: Mapping[str, str], folder: Path) -> Measured:
    """Run it to its end; RollwayError with its last words when it fails.

    Its output goes to a file: an SSH master that stays behind would keep a pipe open.
    """
    report, log = folder / "figures.json", folder / "output.log"
    stopwatch = [sys.executable, "-I", "-S", str(PROJECT / "benchmarks" / "stopwatch.py")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*stopwatch, str(report), *command],
            cwd=PROJECT,
            env={**environment(PROJECT), **extra},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = process.wait()
    except BaseException:
        end_group(process)
        raise
    if code:
        raise _failure(command, code, log)
    return Measured(**json.loads(report.read_text(encoding="utf-8")))


def end_group(process: subprocess.Popen[bytes], *, seconds: float = GRACE_SECONDS) -> None:
    """End a command and whatever it started, with grace: nothing may go on in a lab that goes."""
    deadline = time.monotonic() + seconds
    is_there = _signal_group(process.pid, signal.SIGTERM)
    while is_there and time.monotonic() < deadline:
        time.sleep(0.05)
        process.poll()
        is_there = _signal_group(process.pid, 0)
    if is_there:
        _signal_group(process.pid, signal.SIGKILL)
    process.wait()


def _signal_group(group: int, number: int) -> bool:
    """Whether there was anybody left in the group."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _failure(command: Sequence[str], code: int, log: Path) -> RollwayError:
    said = log.read_text(encoding="utf-8", errors="replace")[-_SHOWN:]
    return RollwayError(
        " ".join(command[:2]),
        f"ended with {code}:\n{said}",
        accepted="a release that succeeds",
        next=f"read {log}",
        exit_code=exits.FAILED,
    )


def say(line: str) -> None:
    """One line of progress; stdout is for the result."""
    sys.stderr.write(line.rstrip() + "\n")
    sys.stderr.flush()
