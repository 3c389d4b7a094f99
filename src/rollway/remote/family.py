"""The processes below one of ours: Ansible gives each worker a session of its own (proc(5))."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from pathlib import Path

from rollway.records.identity import start_ticks

PROC = Path("/proc")
Process = tuple[int, int]
"""A number and its start: numbers are given again, both together are not."""


def below(number: int) -> list[Process]:
    """Every descendant that is there now, without the process itself."""
    found = [child for thread in _threads(number) for child in _children(thread)]
    return [one for child in found for one in ((child, start_ticks(child)), *below(child))]


def kill(processes: Iterable[Process]) -> None:
    """End those of them that are still there, without a grace."""
    for number, started in processes:
        if started and start_ticks(number) == started:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _threads(number: int) -> list[Path]:
    try:
        return list((PROC / str(number) / "task").iterdir())
    except OSError:  # it has ended
        return []


def _children(thread: Path) -> list[int]:
    try:
        return [int(word) for word in (thread / "children").read_text().split()]
    except OSError:
        return []
