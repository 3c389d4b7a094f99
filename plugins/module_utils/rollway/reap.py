"""What the host's timer does: it ends a warm or draining slot that serves nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .containers import project_containers
from .drain import is_drained
from .host_call import HostCall
from .leave import drain_seconds_of
from .lock import read_lock
from .problem import Problem
from .slot import emptied, tear_down
from .state import DRAINING, WARM, State, load_state, save_state

POSTPONED_SECONDS = 5.0
SAMPLE_SECONDS = 1.0


@dataclass(frozen=True)
class Ended:
    """The slot is gone, or was none of the timer's business; `what` says which."""

    what: str


@dataclass(frozen=True)
class Wait:
    """Not yet: look again after `seconds`."""

    seconds: float


def reap(call: HostCall, slot: str) -> str:
    """End `slot` when its time has come, and say what was done.

    A run that holds the lock postpones it, since it may go back to this slot. The mutex is held
    only to look and to act, never while waiting.
    """
    while True:
        with call.alone(seconds=None):
            verdict = _look(call, slot)
        if isinstance(verdict, Ended):
            return verdict.what
        call.tools.clock.sleep(verdict.seconds)


def _look(call: HostCall, slot: str) -> Ended | Wait:
    state = load_state(call.paths)
    if state.slots[slot].state not in (WARM, DRAINING) or state.active == slot:
        return Ended(f"{call.paths.app} {slot}: in use or empty, left alone")
    if state.slots[slot].may_serve:
        return Ended(f"{call.paths.app} {slot}: a run ended midway and it may serve, left alone")
    if read_lock(call.paths) is not None:
        return Wait(POSTPONED_SECONDS)
    early = _seconds_too_early(call, state, slot)
    if early > 0:
        return Wait(early)
    containers = project_containers(call.tools.engine, call.paths.project(slot))
    tools = call.tools
    drained = is_drained(containers, tools.clock, sockets_of=tools.sockets_of)
    if not drained and _seconds_to_drain(call, state, slot) > 0:
        return Wait(SAMPLE_SECONDS)
    return _end(call, slot)


def _seconds_too_early(call: HostCall, state: State, slot: str) -> float:
    """Return how long a warm slot has to stay; a draining one may go at any time."""
    deadline = state.slots[slot].deadline
    if state.slots[slot].state == DRAINING or deadline is None:
        return 0.0
    return deadline.seconds_left(call.tools.clock)


def _seconds_to_drain(call: HostCall, state: State, slot: str) -> float:
    left = state.slots[slot].shifted_away_at
    if left is None:
        return 0.0
    seconds = drain_seconds_of(call, state.slots[slot])
    return left.after(seconds).seconds_left(call.tools.clock)


def _end(call: HostCall, slot: str) -> Ended | Wait:
    try:
        tear_down(call, slot)
    except Problem as problem:
        return Ended(f"{call.paths.app} {slot}: {problem}")
    state = call.fence()
    save_state(call.paths, replace(emptied(state, slot), generation=state.generation + 1))
    return Ended(f"{call.paths.app} {slot}: stopped")
