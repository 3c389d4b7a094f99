"""A worker of which the fleet has one: a host stops it for good, or is given it and starts it.

A host starts a singleton only while its own record has it: so do a boot and a way back, when no
controller is there to say. The record has it before the container starts, and until it is known to
stand still.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from .call import Call
from .containers import project_containers
from .manifest import Manifest
from .names import SLOTS
from .problem import Problem
from .ready import wait_ready, worker_targets
from .releases import load_manifest
from .slot import at_work, bring_up, start_services, stop_services
from .state import State

STEP = "switch"  # singletons are workers, to whoever reads where a run stood


def still(
    call: Call,
    release: str,
    names: Collection[str],
    *,
    keeps: Mapping[str, str],
    placed: Mapping[str, Iterable[str]],
    has_engine: bool,
) -> dict[str, Any]:
    """Stop these services in both slots, and take them off the host's record once they stand still.

    `keeps` is service → slot in which it may go on. `placed` is service → hosts where it may run
    from now on: known here before any of them starts it.
    """
    state = call.fence()
    stopped: list[str] = []
    if has_engine:
        stopped = _stop(call, release, names, keeps)
        state = call.fence()
    known = {name: tuple(sorted({*state.placed.get(name, ()), *on})) for name, on in placed.items()}
    left = [name for name in state.singletons if name not in names or name in keeps]
    after = replace(state, singletons=tuple(left), placed={**state.placed, **known})
    if after != state and not call.check:
        call.save(after)
    return {"stopped": stopped, "singletons": left}


def place(call: Call, manifest: Manifest, slot: str, names: Collection[str]) -> dict[str, Any]:
    """Start these singletons in a slot of this host; they stand still everywhere else.

    What does not stay up is stopped again, and the host has it no more.
    """
    state = call.fence()
    containers = _containers_in(manifest, names)
    running = {one.service for one in at_work(call, slot, containers)}
    waiting = [name for name in containers if name not in running]
    given = tuple(sorted({*state.singletons, *names}))
    if not waiting and given == state.singletons:
        return {"started": [], "singletons": list(given)}
    if call.check:
        call.changed = True
        return {"started": waiting, "singletons": list(given)}
    _enter(call, manifest.id)
    call.save(replace(call.fence(), singletons=given))
    try:
        with call.timed("workers"):
            if waiting:
                bring_up(call, manifest, slot, waiting)
            wanted = [one for one in worker_targets(manifest) if one.container in containers]
            wait_ready(call, slot, wanted)
    except Problem as problem:
        problem.details["singletons"] = _take_away(call, slot, containers, names)
        raise
    return {"started": waiting, "singletons": list(given)}


def may_run(call: Call, state: State, release: str | None, service: str) -> bool:
    """Return whether a service of a release may run on this host; not where nobody can tell."""
    if release is None or service in state.singletons:
        return True
    if service in state.placed:
        return False
    try:
        found = load_manifest(call.paths, release).services
    except Problem:
        return False
    return not any(one.is_singleton for one in found if one.name == service)


def workers_here(manifest: Manifest, state: State) -> list[str]:
    """Return the workers of a release that may start on this host.

    One that the fleet has one of by now starts only where the record has it, also in a release
    which has it on every host.
    """
    elsewhere = {*state.placed} - {*state.singletons}
    found = [one.containers for one in manifest.services if one.name in elsewhere]
    barred = {container for containers in found for container in containers}
    return [one for one in manifest.workers(state.singletons) if one not in barred]


def start_plain_again(call: Call, before: State, state: State) -> None:
    """Start in the slot that serves what was a singleton until now, and is one no more."""
    release = state.slots[state.active].release if state.active else None
    if {*before.placed} - {*state.placed} and state.active and release:
        start_services(call, state.active, workers_here(load_manifest(call.paths, release), state))


def running_singletons(call: Call, manifest: Manifest | None, slot: str) -> list[str]:
    """Return the singletons of a release that are at work in a slot."""
    found = [one for one in manifest.services if one.is_singleton] if manifest else []
    return [one.name for one in found if at_work(call, slot, one.containers)]


def _stop(call: Call, release: str, names: Collection[str], keeps: Mapping[str, str]) -> list[str]:
    """Every replica counts: in the release before it may have been a worker of each host."""
    going = {slot: [name for name in names if keeps.get(name) != slot] for slot in SLOTS}
    containers = {slot: _containers(call, slot, going[slot]) for slot in SLOTS}
    busy = [one.name for slot in SLOTS for one in at_work(call, slot, containers[slot])]
    call.changed = call.changed or bool(busy)
    if call.check or not busy:
        return busy
    _enter(call, release)
    with call.timed("stop"):
        for slot in SLOTS:
            stop_services(call, slot, containers[slot])
    left = [one.name for slot in SLOTS for one in at_work(call, slot, containers[slot])]
    if left:
        raise Problem(
            f"{call.paths.app}/{', '.join(left)}",
            "still at work after it was stopped",
            "a singleton that stands still before another one starts",
            f"docker stop {' '.join(left)} on this host, then this again",
        )
    return busy


def _take_away(call: Call, slot: str, containers: list[str], names: Collection[str]) -> list[str]:
    stop_services(call, slot, containers)
    state = call.fence()
    left = tuple(name for name in state.singletons if name not in names)
    call.save(replace(state, singletons=left))
    return list(left)


def _containers(call: Call, slot: str, names: Collection[str]) -> list[str]:
    found = project_containers(call.tools.engine, call.paths.project(slot))
    return [one.service for one in found if _service_of(one.service) in names]


def _service_of(container: str) -> str:
    """Return the service of a replica: `beat` of `beat-1`; no other service is called so."""
    match = re.fullmatch(r"(.+)-[0-9]+", container)
    return match[1] if match else container


def _enter(call: Call, release: str) -> State:
    """Say that workers change; on its way back the run is still about the release it began."""
    state = call.fence()
    if state.phase and state.phase.run == call.run.id:
        return state
    return call.enter(STEP, release)


def _containers_in(manifest: Manifest, names: Collection[str]) -> list[str]:
    """Return the containers of these singletons; Problem where the release has none such."""
    known = {one.name: one.containers for one in manifest.services if one.is_singleton}
    for name in names:
        if name not in known:
            accepted = ", ".join(known) or "none: the release has no singleton"
            raise Problem(f"services/{name}", f"no singleton of {manifest.id}", accepted)
    return [container for name in names for container in known[name]]
