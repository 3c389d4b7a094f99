"""How a slot leaves service: warm for a while, or drained and stopped by the host's own timer."""

from __future__ import annotations

from dataclasses import replace

from .call import Call
from .clock import Moment
from .releases import load_manifest
from .state import DRAINING, EMPTY, WARM, Slot, State
from .timer import arm

DRAIN_SECONDS = 30.0  # of a release without http, or no longer on the host


def drain_seconds_of(call: Call, slot: Slot) -> float:
    """Return how long the release in a slot may keep its connections."""
    folder = call.paths.release(slot.release) if slot.release else None
    if slot.release is None or folder is None or not folder.is_dir():
        return DRAIN_SECONDS
    http = load_manifest(call.paths, slot.release).http
    return http.drain_seconds if http else 0.0


def keep_warm(call: Call, state: State, slot: str, *, seconds: float) -> State:
    """Return the state with `slot` warm from now on, and arm its timer."""
    return _leave(call, state, slot, WARM, seconds)


def drain_away(call: Call, state: State, slot: str) -> State:
    """Return the state with `slot` draining from now on, and arm its timer.

    The timer looks at once and then again: the slot goes when nobody is connected any more, at
    its deadline at the latest.
    """
    if state.slots[slot].state in (DRAINING, EMPTY):
        return state
    return _leave(call, state, slot, DRAINING, drain_seconds_of(call, state.slots[slot]))


def _leave(call: Call, state: State, slot: str, how: str, seconds: float) -> State:
    now = Moment.now(call.tools.clock)
    left = replace(state.slots[slot], state=how, shifted_away_at=now, deadline=now.after(seconds))
    wake = seconds if how == WARM else 1.0
    call.fence()
    with call.timed("timer"):
        warning = arm(call.tools.run, call.paths.app, slot, seconds=wake)
    if warning:
        call.remarks.append(warning)
    return state.with_slot(slot, left)
