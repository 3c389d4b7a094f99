"""Workers change places once: those of the old slot stop with grace, those of the new one start."""

from __future__ import annotations

from typing import Any

from .adoption import is_taken, plain_at_work, start_plain, stop_plain
from .call import Call
from .containers import project_containers
from .manifest import WORKER, Manifest
from .probe import Target
from .problem import Problem
from .ready import wait_ready, worker_targets
from .releases import load_manifest
from .singletons import workers_here
from .slot import at_work, bring_up, start_services, stop_services
from .state import State


def switch(call: Call, manifest: Manifest, slot: str, old_slot: str | None) -> dict[str, Any]:
    """Change the workers from the old slot to the new; stop first, unless a service asks otherwise.

    When the new ones do not stay up, they stop and the old ones return; in the slot that serves
    already they stay, unless old ones worked until now. Nothing to change is nothing to judge:
    a worker that restarted last week is no reason to end a run. Singletons change afterwards, by
    steps of their own: their order is the fleet's.
    """
    state = call.fence()
    old = _manifest_in(call, state, old_slot) if old_slot != slot else None
    waiting = _not_running(call, manifest, slot)
    leaving = at_work(call, old_slot, old.workers()) if old and old_slot else []
    leaving += plain_at_work(call, WORKER)  # of a project that is being adopted
    if not waiting and not leaving:
        return {"started": [], "stopped": []}
    if call.check:
        call.changed = True
        started, stopped = [one.container for one in waiting], [one.name for one in leaving]
        return {"started": started, "stopped": stopped}
    call.enter("switch", manifest.id)
    try:
        with call.timed("workers"):
            return _change(call, manifest, slot, old_slot=old_slot, old=old)
    except Problem:
        if leaving or slot != state.active:
            give_back(call, slot, old_slot)
            if not is_taken(call):
                start_plain(call, WORKER)
        raise


def restart(call: Call, manifest: Manifest, slot: str, service: str) -> dict[str, Any]:
    """Stop the workers of one service with grace, and start them again where they were.

    Those that stood still, since an earlier restart was killed, start as well.
    """
    state = call.fence()
    found = [one for one in manifest.services if (one.name, one.kind) == (service, WORKER)]
    names = [container for one in found for container in one.containers]
    if not names:
        raise Problem(f"services/{service}", "no worker of this release", "one of its workers")
    if any(one.is_singleton for one in found) and service not in state.singletons:
        accepted = f"the host that runs it: {', '.join(state.placed.get(service, ())) or 'none'}"
        raise Problem(f"services/{service}", "a singleton, and not on this host", accepted)
    if call.check:
        call.changed = True
        return {"started": names, "stopped": names}
    call.enter("switch", manifest.id)
    with call.timed("workers"):
        stopped = stop_services(call, slot, names)
        bring_up(call, manifest, slot, names)
        wanted = [one for one in worker_targets(manifest) if one.container in names]
        wait_ready(call, slot, wanted)
    return {"started": names, "stopped": stopped}


def give_back(call: Call, slot: str, old_slot: str | None) -> None:
    """Stop the workers of `slot` and start those of `old_slot`, where there are any."""
    state = call.fence()
    leaving, returning = (_manifest_in(call, state, name) for name in (slot, old_slot))
    if leaving:
        stop_services(call, slot, leaving.containers(WORKER))
    if returning and old_slot:
        start_services(call, old_slot, workers_here(returning, state))


def _change(
    call: Call, manifest: Manifest, slot: str, *, old_slot: str | None, old: Manifest | None
) -> dict[str, Any]:
    """Stop first, then start; old ones asked to overlap stop when the new ones are well."""
    overlapping: set[str] = set()
    if old:
        both = (old.containers(WORKER, start_first=True), manifest.containers(WORKER))
        overlapping = set(both[0]) & set(both[1])
    first = [name for name in old.workers() if name not in overlapping] if old else []
    stopped = stop_services(call, old_slot, first) if old_slot else []
    stopped += stop_plain(call, WORKER)
    started = [one.container for one in _not_running(call, manifest, slot)]
    if started:
        bring_up(call, manifest, slot, started)
    wait_ready(call, slot, _targets(manifest))
    stopped += stop_services(call, old_slot, overlapping) if old_slot else []
    return {"started": started, "stopped": stopped}


def _not_running(call: Call, manifest: Manifest, slot: str) -> list[Target]:
    found = project_containers(call.tools.engine, call.paths.project(slot))
    running = {one.service for one in found if one.is_running}
    return [one for one in _targets(manifest) if one.container not in running]


def _targets(manifest: Manifest) -> list[Target]:
    """What the workers of every host must reach."""
    ours = manifest.workers()
    return [one for one in worker_targets(manifest) if one.container in ours]


def _manifest_in(call: Call, state: State, slot: str | None) -> Manifest | None:
    release = state.slots[slot].release if slot else None
    return load_manifest(call.paths, release) if release else None
