"""The step `history`: the runs that this host recorded, newest first; it never writes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from .call import Call
from .conclude import UNCHANGED
from .files import read_json
from .lock import Alive, is_provably_dead, read_lock
from .problem import Problem
from .state import load_state


def history(call: Call, *, count: int, alive: Alive) -> dict[str, Any]:
    """Return at most `count` runs, and the phase of one that has not come to its end.

    `at_work` names the run whose lock nobody may take over.
    """
    if count < 1:
        raise Problem("count", str(count), "1 or more", "--count=20")
    runs: list[dict[str, Any]] = []
    for path in sorted(call.paths.runs.glob("*.json"), reverse=True):
        record = _record(call, path)
        if record and record.get("result") not in UNCHANGED:
            runs.append(record)
        if len(runs) == count:
            break
    return {"runs": runs, "phase": _phase(call), "at_work": _at_work(call, alive)}


def _record(call: Call, path: Path) -> dict[str, Any] | None:
    """Return the record, or None for what is not one: the others are still worth showing."""
    try:
        record = read_json(path)
    except Problem as problem:
        call.remarks.append(str(problem))
        return None
    if not isinstance(record, dict) or not isinstance(record.get("run"), dict):
        call.remarks.append(f"{path}: not the record of a run")
        return None
    return record


def _at_work(call: Call, alive: Alive) -> str | None:
    try:
        holder = read_lock(call.paths)
    except Problem as problem:
        call.remarks.append(str(problem))
        return None
    if holder is None or is_provably_dead(holder, seen_by=call.run, alive=alive):
        return None
    return holder.id


def _phase(call: Call) -> dict[str, Any] | None:
    try:
        phase = load_state(call.paths).phase
    except Problem as problem:
        call.remarks.append(str(problem))
        return None
    return asdict(phase) if phase else None
