"""A person's hand on the lock: the steps of `lock.status`, `lock.acquire`, `lock.release`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .audit import note
from .call import Call
from .files import exclusive, remove_durably
from .interrupted import left_behind
from .lock import (
    DECISION,
    FREEZE,
    RUN,
    Alive,
    holders,
    read_freeze,
    read_hold,
    read_lock,
    remove_lock,
    write_lock,
)
from .mutex import LOCKED
from .problem import Problem
from .sealed import write_sealed
from .state import State, load_state, save_state

PATIENCE_SECONDS = 30.0  # for the end of a step that still runs on the host


def look(call: Call, alive: Alive) -> dict[str, Any]:
    """Say who keeps others out of the application, and read only."""
    state = _readable_state(call)
    found = holders(call.paths, seen_by=call.run, alive=alive)
    return {"holders": found, "generation": state.generation if state else None}


def _readable_state(call: Call) -> State | None:
    """None for one that cannot be read: its repair, `doctor --fix`, needs the lock to be free."""
    try:
        return load_state(call.paths)
    except Problem:
        return None


def freeze(call: Call, alive: Alive) -> dict[str, Any]:
    """Let no run begin from now on; one that has the lock already goes on to its end.

    It has a mutex of its own: the application's is held for minutes while a release starts.
    """
    if call.check:
        return look(call, alive)
    call.paths.make()
    with exclusive(call.paths.freeze_mutex):
        known = read_freeze(call.paths)
        if known and known.id != call.run.id:
            raise Problem(
                str(call.paths.freeze),
                known.frozen(),
                "one freeze at a time",
                f"./invoke lock.release --run={known.id}",
                details={"outcome": LOCKED, **look(call, alive)},
            )
        if known is None:
            write_sealed(call.paths.freeze, {"run": call.run.to_json()})
            note(call, outcome="frozen")
            call.changed = True
    return look(call, alive)


def unlock(call: Call, target: str, alive: Alive) -> dict[str, Any]:
    """Take away what `target` holds; what somebody else holds stays.

    Of a decision about a held release the question stays: somebody else decides it then. The
    generation rises, so a run that was only stopped finds every further change refused.
    """
    released: list[str] = []
    kinds = _kinds(call, target, alive)
    if not call.check and FREEZE in kinds:
        released += _thaw(call, target)
    if not call.check and set(kinds) - {FREEZE}:
        with call.alone(seconds=PATIENCE_SECONDS):
            released += _take_away(call, target, alive)
    return {**look(call, alive), "released": kinds if call.check else released}


def _kinds(call: Call, target: str, alive: Alive) -> list[str]:
    """What `target` holds."""
    found = holders(call.paths, seen_by=call.run, alive=alive)
    return [one["kind"] for one in found if one["id"] == target]


def _thaw(call: Call, target: str) -> list[str]:
    with exclusive(call.paths.freeze_mutex):
        known = read_freeze(call.paths)
        if known is None or known.id != target:
            return []
        remove_durably(call.paths.freeze)
    note(call, outcome=f"released {FREEZE} {target}")
    call.changed = True
    return [FREEZE]


def _take_away(call: Call, target: str, alive: Alive) -> list[str]:
    """Look again under the mutex: meanwhile it may have ended, or become somebody else's."""
    kinds = [kind for kind in _kinds(call, target, alive) if kind != FREEZE]
    holder, hold = read_lock(call.paths), read_hold(call.paths)
    if not kinds or holder is None:
        return []
    state = _readable_state(call)
    if state:
        left = left_behind(state, holder) if kinds == [RUN] else state
        save_state(call.paths, replace(left, generation=left.generation + 1))
    if kinds == [DECISION] and hold:
        write_lock(call.paths, holder, hold={**hold, "decided_by": None})
    else:
        remove_lock(call.paths)
    note(call, outcome=f"released {kinds[0]} {target}")
    call.changed = True
    return kinds
