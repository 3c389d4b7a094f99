"""The step `undo`: the host goes on with the release it had; the new one leaves without a cut."""

from __future__ import annotations

from typing import Any

from .call import Call
from .leave import drain_away
from .state import EMPTY
from .workers import give_back


def undo(call: Call, slot: str) -> dict[str, Any]:
    """Give the workers back and let `slot` drain; traffic was shifted away from it before."""
    state = call.fence()
    if slot == state.active or state.slots[slot].state == EMPTY:
        return {}
    call.changed = True
    if not call.check:
        give_back(call, slot, state.active)
        call.save(drain_away(call, call.fence(), slot))
    return {}
