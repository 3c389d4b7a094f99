"""A host without room for two releases: the old one stands still while the new one comes up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .call import Call
from .manifest import WEB
from .names import other_slot
from .place import Place
from .ready import wait_ready, web_targets
from .releases import load_manifest
from .singletons import workers_here
from .slot import drain, emptied, start_services, stop_services, tear_down, with_state
from .state import EMPTY, RUNNING, STOPPED, State


def make_room(call: Call, place: Place, *, drain_seconds: float) -> dict[str, int]:
    """Let the slot beside `place` drain and stop its web containers; they stay, to come back.

    It is recorded as stopped before the first one stops: a run that is killed here leaves no
    record of a slot that serves and does not. Workers change later, as on any host. Returns what
    was cut, by container.
    """
    slot = other_slot(place.slot)
    recorded = call.fence().slots[slot]
    if recorded.release is None:
        return {}
    manifest = load_manifest(call.paths, recorded.release)
    cut: dict[str, int] = {}
    if recorded.state != STOPPED:
        with call.timed("drain"):
            cut = drain(call, slot, recorded, seconds=drain_seconds)
        call.save(with_state(call.fence(), slot, STOPPED))
    with call.timed("stop"):
        stop_services(call, slot, manifest.containers(WEB))
    return cut


def bring_back(call: Call, place: Place) -> bool:
    """Start what stands still beside `place` and wait until it is ready; say whether it did."""
    slot = other_slot(place.slot)
    recorded = call.fence().slots[slot]
    if recorded.release is None or recorded.state != STOPPED:
        return False
    manifest = load_manifest(call.paths, recorded.release)
    with call.timed("bring_back"):
        start_services(call, slot, manifest.containers(WEB))
        wait_ready(call, slot, web_targets(manifest, replace(place, slot=slot)))
    call.save(with_state(replace(call.fence(), active=slot), slot, RUNNING))
    return True


def give_room_back(call: Call, place: Place, *, drain_seconds: float) -> dict[str, Any]:
    """Undo a stop-first start: what stands in `place` drains and goes, the old slot comes back.

    Traffic was moved away before. Where nothing stands still there is nothing to do.
    """
    state, old = call.fence(), other_slot(place.slot)
    if state.slots[old].state != STOPPED:
        return {"restored": False}
    call.changed = True
    if call.check:
        return {"restored": True}
    try:
        state = call.enter("undo", state.slots[place.slot].release)
        with call.timed("drain"):
            drain(call, place.slot, state.slots[place.slot], seconds=drain_seconds)
        state = call.save(replace(emptied(call.fence(), place.slot), active=old))
    except OSError:  # the disk is full: it serves at least, whatever the record says
        revive(call, state, old)
        raise
    tear_down(call, place.slot)
    bring_back(call, place)
    start_services(call, old, _workers_of(call, state, old))
    return {"restored": True}


def revive(call: Call, state: State, slot: str) -> State:
    """Return the state with a slot that stood still in use again: the last resort of a run.

    Nobody waits until it is ready: the edge's own checks find out.
    """
    other = other_slot(slot)
    if state.slots[other].state != EMPTY:
        tear_down(call, other)
    release = state.slots[slot].release
    if release:
        start_services(call, slot, load_manifest(call.paths, release).containers(WEB))
        start_services(call, slot, _workers_of(call, state, slot))
    return with_state(replace(emptied(state, other), active=slot), slot, RUNNING)


def _workers_of(call: Call, state: State, slot: str) -> list[str]:
    release = state.slots[slot].release
    return workers_here(load_manifest(call.paths, release), state) if release else []
