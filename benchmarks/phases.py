"""Where the time of one Rollway run went: its records, cut where each phase ends.

A phase lasts from the end of the one before to its own last event, so it holds what Ansible adds
to it, and the phases add up to the time of the whole command.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START, READ, PLAN, REPORT = "start", "read", "plan", "report"
"""`start`: wrapper, Python, Invoke, until the run's folder exists; `read`: Ansible's start, and the
request; `report`: what follows the last event."""


@dataclass(frozen=True)
class Mark:
    """The moment (seconds since the epoch) at which something of a phase was over."""

    phase: str
    time: float


def read(run_dir: Path) -> list[Mark]:
    """The marks of a run: when its files were written, and what its journal says."""
    lines = (run_dir / "events.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Mark(START, _born(run_dir)),
        Mark(READ, (run_dir / "request.json").stat().st_mtime),
        Mark(PLAN, (run_dir / "plan.json").stat().st_mtime),
        *marks_of(map(json.loads, lines)),
    ]


def _born(path: Path) -> float:
    """When it was created: Python 3.11 has no name for it."""
    command = ["stat", "--format=%.9W", "--", str(path)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def marks_of(events: Iterable[Mapping[str, Any]]) -> list[Mark]:
    """One mark per event; the shift of the first wave is told from the others."""
    return [Mark(_phase(event), float(event["time"])) for event in events]


def _phase(event: Mapping[str, Any]) -> str:
    step = str(event["step"])
    if event.get("wave") is None:
        return step
    return f"{step} wave 1" if event["wave"] == 0 else f"{step} other waves"


def split(marks: Sequence[Mark], *, started: float, ended: float) -> dict[str, float]:
    """Phase → seconds, in the order in which they ended."""
    over: dict[str, float] = {}
    for mark in marks:
        over[mark.phase] = max(mark.time, over.get(mark.phase, 0.0))
    ordered = sorted(over.items(), key=lambda item: item[1])
    times = [started, *(time for _, time in ordered), ended]
    names = [*(name for name, _ in ordered), REPORT]
    return {name: times[place + 1] - times[place] for place, name in enumerate(names)}
