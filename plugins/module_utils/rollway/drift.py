"""The step `drift`: this host against its own record; it never writes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .accessories import bring_up_accessories
from .accessory_work import definition_changes
from .ailment import bad
from .call import Call
from .drift_containers import Containers, is_leaving, stray_containers
from .drift_files import release_findings, slot_environment
from .finding import Finding
from .job_records import jobs_as_data
from .lock import GONE, Alive, known_as, process_of, read_hold, read_lock
from .manifest import Manifest
from .names import ACCESSORIES, SLOTS
from .place import Place
from .ports import read_ports
from .problem import Problem
from .releases import load_manifest
from .state import EMPTY, STARTING, State, load_state


def drift(call: Call, *, host: str, address: str, alive: Alive) -> dict[str, Any]:
    """Compare what lies and runs here with the record; `findings` are what differs."""
    state = load_state(call.paths)
    holder, hold = read_lock(call.paths), read_hold(call.paths)
    process = process_of(holder, seen_by=call.run, alive=alive) if holder else GONE
    is_dead = process == GONE
    if holder and not hold and not is_dead:
        who = known_as(holder, process)
        call.remarks.append(f"locked by {who}: what it changes now may show as drift")
    ports = read_ports(call.paths).get(call.paths.app, {})
    place = Place("", host, address, ports, accessories={})
    found = list(findings(call, state, place, is_settled=holder is None))
    if holder and not hold and is_dead:
        found.insert(0, _left(call, state, holder.named()))
    jobs, spoiled = _jobs(call)
    found += spoiled
    manifest = _manifest(call, state.slots[state.active].release) if state.active else None
    return {
        "jobs": jobs,
        "findings": [one.to_json() for one in found],
        "state": state.to_json(),
        "ports": ports,
        "serving": manifest.without_contents() if manifest else None,
        "lock": holder.to_json() if holder else None,
        "hold": hold,
    }


def findings(call: Call, state: State, place: Place, *, is_settled: bool) -> Iterator[Finding]:
    """Compare all that lies and stands here; while a run is at work less is certain."""
    yield from release_findings(call, state)
    well = [one for one in state.releases if _manifest(call, one)]
    containers = Containers(call, place.address, well)
    for slot in SLOTS:
        recorded = state.slots[slot]
        manifest = _manifest(call, recorded.release)
        is_there = recorded.state not in (EMPTY, STARTING) and not is_leaving(call, state, slot)
        if manifest and is_there:
            yield from slot_environment(call, manifest, place, slot)
        yield from containers.of_slot(state, slot, manifest, is_settled=is_settled)
    manifest = _manifest(call, state.accessories_release)
    if manifest and manifest.accessories and manifest.accessories.on(place.host):
        yield from slot_environment(call, manifest, place, ACCESSORIES)
    yield from containers.of_accessories(manifest, place.host)
    if is_settled:
        yield from _accessories_of_another(call, state, place)
    yield from stray_containers(call)


def _accessories_of_another(call: Call, state: State, place: Place) -> Iterator[Finding]:
    """Accessories that the release which serves defines otherwise than they are: after going back.

    Nothing that runs is wrong by itself then, so only this comparison shows it. Where a run let
    this host fail, the fleet's release counts.
    """
    serving = _manifest(call, state.accessories_wanted)
    wanted = serving.accessories if serving else None
    if serving is None or wanted is None or not wanted.on(place.host):
        return
    manifest = serving

    def mend() -> None:
        bring_up_accessories(call, manifest, place)

    recorded = _manifest(call, state.accessories_release)
    changes = definition_changes(state, recorded, serving, wanted.on(place.host))
    for name, why in sorted(changes.items()):
        where = f"{call.paths.project(ACCESSORIES)}/{name}"
        found = f"as {state.accessories_release or 'no release'} has it: other {', '.join(why)}"
        accepted, fix = f"as {serving.id} has it, which serves", f"makes it anew for {serving.id}"
        yield Finding.mended("accessory", where, found, accepted, fix, mend)


def _manifest(call: Call, release: str | None) -> Manifest | None:
    """The release as it lies here; None for one that cannot be read, which is a finding already."""
    if release is None:
        return None
    try:
        return load_manifest(call.paths, release)
    except Problem:
        return None


def _jobs(call: Call) -> tuple[dict[str, Any], list[Finding]]:
    """What this host knows of jobs; where that cannot be read, the other hosts know it as well."""
    path = call.paths.jobs
    try:
        return jobs_as_data(call.paths), []
    except Problem as problem:
        away, accepted = f"mv {path} {bad(path)}", "the jobs that are done"
        return {}, [Finding("job", str(path), problem.data["found"], accepted, away)]


def _left(call: Call, state: State, named: str) -> Finding:
    step = f" in the step {state.phase.step}" if state.phase else ""
    found = f"left by {named}, which ended{step} without a record"
    accepted = "no lock, or that of a run at work"
    return Finding("lock", str(call.paths.lock), found, accepted, verb="abort")
