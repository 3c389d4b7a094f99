"""What a run leaves on a host when it ends midway: killed, released by a person, or recorded."""

from __future__ import annotations

from dataclasses import replace

from .lock import Run
from .names import SLOTS
from .slot import with_state
from .state import EMPTY, WARM, Phase, State

ACQUIRE = "acquire"


def left_behind(state: State, run: Run) -> State:
    """Return the state that `run` leaves to the next one, and to `status`.

    Its traffic may have gone back to a warm slot, which no record of this host says: that slot has
    no deadline any more, until a run has come to its end. A phase that was entered stays; moving
    traffic alone enters none.
    """
    if all(slot.state == EMPTY for slot in state.slots.values()):
        return state
    for name in SLOTS:
        if state.slots[name].state == WARM:
            state = with_state(state, name, WARM)
    return replace(state, phase=state.phase or Phase(run.id, ACQUIRE, run.started, None))
