"""Work on an application beside its releases: it has the lock meanwhile, as a run has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from .audit import note
from .call import Call
from .lock import (
    GONE,
    Alive,
    Run,
    known_as,
    read_lock,
    remove_lock,
    write_lock,
)
from .mutex import LOCKED
from .problem import Problem
from .refusal import refusal_of
from .state import State, load_state, save_state

PATIENCE_SECONDS = 5.0  # for the end of a step that still runs on the host


def refusal(call: Call, alive: Alive) -> Problem | None:
    """Return why an upkeep may not begin; None when it may.

    The lock of a dead run refuses, too: what it left is for a deploy or an abort to put right.
    """
    known = refusal_of(call, alive)
    holder = read_lock(call.paths)
    if known or holder is None or holder.id == call.run.id:
        return known
    details: dict[str, object] = {"outcome": LOCKED, "lock": holder.to_json()}
    accepted, where = "no run's lock", str(call.paths.lock)
    return Problem(where, left_by(holder), accepted, way_out(holder), details=details)


def left_by(holder: Run) -> str:
    """Return whose lock this is, of a run that ended without giving it back."""
    return f"left by {known_as(holder, GONE)}"


def way_out(holder: Run) -> str:
    """Return what frees the lock of a run that is gone."""
    return f"./invoke abort, or ./invoke lock.release --run={holder.id}"


@contextlib.contextmanager
def upkeep(call: Call, alive: Alive, *, outcome: str) -> Iterator[State]:
    """Have mutex and lock for the length of the block; `outcome` is noted if something changed."""
    with call.alone(seconds=PATIENCE_SECONDS):
        found = refusal(call, alive)
        if found:
            raise found
        state = take(call, load_state(call.paths))
        try:
            yield state
        finally:
            give_back(call, outcome=outcome)


def take(call: Call, state: State) -> State:
    """Take the lock and raise the generation; the caller holds the mutex and may take it."""
    write_lock(call.paths, call.run)
    state = replace(state, generation=state.generation + 1)
    save_state(call.paths, state)
    call.generation = state.generation
    return state


def give_back(call: Call, *, outcome: str) -> None:
    """Free the lock, if it is still this one's; the caller holds the mutex."""
    try:
        state = call.fence()
    except Problem:
        return
    if call.changed:
        note(call, outcome=outcome)
    save_state(call.paths, replace(state, generation=state.generation + 1))
    remove_lock(call.paths)
