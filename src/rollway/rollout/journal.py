"""The journal of a run: one JSON line for everything that happened, in the run's folder.

Steps run in parallel worker processes of Ansible, so each line is written by a single `write` to
a file opened with O_APPEND, which Linux keeps whole and in order. Failure is data here: a host
that failed or vanished is a line like any other, and the ledger is folded from the lines.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing that happened. `step` is a phase of the run, `wave` counts from 0."""

    step: str
    host: str
    ok: bool = True
    unreachable: bool = False
    wave: int | None = None
    time: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)


class Journal:
    """The events of one run, in `<run folder>/events.jsonl`."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self._path = run_dir / "events.jsonl"

    def append(self, event: Event) -> None:
        """Add one line. Seconds are wall time, for people; durations come from the steps."""
        entry = {**event.__dict__, "time": event.time or time.time()}
        line = json.dumps(entry, separators=(",", ":"), ensure_ascii=False) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    def events(self) -> list[Event]:
        """Every event so far, oldest first; none when the run has not written yet."""
        return self.since(0)[0]

    def since(self, offset: int) -> tuple[list[Event], int]:
        """The events after that many bytes, and how many there are now; only whole lines count."""
        if not self._path.exists():
            return [], offset
        with self._path.open("rb") as file:
            file.seek(offset)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        lines = whole.decode().split("\n")[:-1]
        return [Event(**json.loads(line)) for line in lines], offset + len(whole)

    def results(self, step: str) -> dict[str, Event]:
        """The last event of a step, by host."""
        return {event.host: event for event in self.events() if event.step == step}


def without_repeats(events: list[Event]) -> list[Event]:
    """The events without waits and without answers of `acquire` that a later one replaced."""
    last = {event.host: event for event in events if event.step == "acquire"}
    kept = [one for one in events if one.step != "acquire" or last[one.host] is one]
    return [event for event in kept if event.step != "queue"]
