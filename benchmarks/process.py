"""Runs one measured command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rollway import exits
from rollway.checking import environment
from rollway.errors import RollwayError
from rollway.lab.paths import PROJECT

_SHOWN = 1500


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
        done = subprocess.run(
            [*stopwatch, str(report), *command],
            cwd=PROJECT,
            env={**environment(PROJECT), **extra},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise _failure(command, done.returncode, log)
    return Measured(**json.loads(report.read_text(encoding="utf-8")))


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
