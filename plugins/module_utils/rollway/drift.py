"""The step `drift`: this host against its own record; it never writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .call import Call
from .drift_containers import Containers, stray_containers
from .drift_files import release_findings, slot_environment
from .finding import Finding
from .lock import Alive, is_provably_dead, read_hold, read_lock
from .manifest import Manifest
from .names import SLOTS
from .place import Place
from .ports import read_ports
from .problem import Problem
from .releases import load_manifest
from .state import EMPTY, STARTING, State, load_state

ACCESSORIES = "accessories"


def drift(call: Call, *, host: str, address: str, alive: Alive) -> dict[str, Any]:
    """Compare what lies and runs here with the record; `findings` are what differs."""
    state = load_state(call.paths)
    holder, hold = read_lock(call.paths), read_hold(call.paths)
    is_dead = holder is not None and is_provably_dead(holder, seen_by=call.run, alive=alive)
    if holder and not hold and not is_dead:
        call.remarks.append(f"locked by {holder.named()}: what it changes now may show as drift")
    ports = read_ports(call.paths).get(call.paths.app, {})
    place = Place("", host, address, ports, accessories={})
    found = list(_findings(call, state, place, is_settled=holder is None))
    if holder and not hold and is_dead:
        found.insert(0, _left(call, state, holder.named()))
    manifest = _manifest(call, state.slots[state.active].release) if state.active else None
    return {
        "findings": [one.to_json() for one in found],
        "state": state.to_json(),
        "ports": ports,
        "serving": manifest.without_contents() if manifest else None,
        "lock": holder.to_json() if holder else None,
        "hold": hold,
    }


def _findings(call: Call, state: State, place: Place, *, is_settled: bool) -> Iterator[Finding]:
    yield from release_findings(call.paths, state)
    containers = Containers(call)
    for slot in SLOTS:
        recorded = state.slots[slot]
        manifest = _manifest(call, recorded.release)
        if manifest and recorded.state not in (EMPTY, STARTING):
            yield from slot_environment(call, manifest, place, slot)
        yield from containers.of_slot(state, slot, manifest, is_settled=is_settled)
    manifest = _manifest(call, state.accessories_release)
    if manifest and manifest.accessories and manifest.accessories.on(place.host):
        yield from slot_environment(call, manifest, place, ACCESSORIES)
    yield from containers.of_accessories(manifest, place.host)
    yield from stray_containers(call)


def _manifest(call: Call, release: str | None) -> Manifest | None:
    """The release as it lies here; None for one that cannot be read, which is a finding already."""
    if release is None:
        return None
    try:
        return load_manifest(call.paths, release)
    except Problem:
        return None


def _left(call: Call, state: State, named: str) -> Finding:
    step = f" in the step {state.phase.step}" if state.phase else ""
    found = f"left by {named}, which ended{step} without a record"
    return Finding("lock", str(call.paths.lock), found, "no lock, or that of a run at work")
