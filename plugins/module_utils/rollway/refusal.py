"""Why a run may not take the lock of an application: somebody else has it, or has frozen it."""

from __future__ import annotations

from typing import Any

from .call import Call
from .engine import Json
from .lock import (
    AT_WORK,
    DECIDING,
    Alive,
    Run,
    is_provably_dead,
    known_as,
    known_of,
    process_of,
    read_freeze,
    read_hold,
    read_lock,
)
from .mutex import LOCKED
from .problem import Problem


def refusal_of(call: Call, alive: Alive) -> Problem | None:
    """Return why this run may not take the lock; None when it may."""
    freeze, holder, hold = read_freeze(call.paths), read_lock(call.paths), read_hold(call.paths)
    process = process_of(holder, seen_by=call.run, alive=alive) if holder else None
    details: dict[str, Any] = {
        "outcome": LOCKED,
        "lock": holder.to_json() if holder else None,
        "hold": hold,
        "freeze": freeze.to_json() if freeze else None,
        "process": process,
    }
    if freeze:
        following = f"./invoke lock.release --run={freeze.id}"
        where = str(call.paths.freeze)
        return Problem(where, freeze.frozen(), "no freeze", following, details=details)
    if holder is None or process is None or _may_take(holder, hold, call.run, alive):
        return None
    found, accepted, following = _words(holder, hold, process)
    return Problem(str(call.paths.lock), found, accepted, following, details=details)


def _may_take(holder: Run, hold: Json | None, run: Run, alive: Alive) -> bool:
    """What is held waits for whoever decides it, on whichever controller; nothing else does.

    Once somebody decides, the lock is theirs like any other: only proof of their death frees it.
    """
    if hold and run.verb not in DECIDING:
        return False
    if hold and not hold.get("decided_by"):
        return True
    return holder.id == run.id or is_provably_dead(holder, seen_by=run, alive=alive)


def _words(holder: Run, hold: Json | None, process: str) -> tuple[str, str, str]:
    """What was found, what is accepted, and what to do."""
    place = holder.place()
    gone = f"; if {place} is gone for good, ./invoke lock.release --run={holder.id}"
    gone = "" if process == AT_WORK else gone
    if not hold:
        who = known_as(holder, process)
        return f"locked by {who}", "no other run", f"wait for it (--wait-lock=600){gone}"
    held = f"{hold['release']} is held"
    if not hold.get("decided_by"):
        following = "./invoke promote, or ./invoke abort"
        return f"{held} by {holder.named()}", "no other run", following
    decides = f"{holder.named()} decides about it: process {holder.controller.pid} on {place}"
    decides += known_of(holder, process)
    killed = f"; if it was killed, ./invoke abort on {place} takes it over"
    following = f"wait for it{'' if process == AT_WORK else killed}{gone}"
    return f"{held}, and {decides}", "one decision at a time", following
