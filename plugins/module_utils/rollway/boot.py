"""What the host does once after it booted: only the recorded slot serves again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .adoption_end import after_boot
from .call import HostTools
from .containers import project_containers
from .host_call import HostCall, host_call
from .manifest import WEB, WORKER, Manifest
from .names import APP, SLOTS
from .parallel import each
from .problem import Problem
from .releases import load_manifest
from .singletons import workers_here
from .slot import start_services, stop_services
from .state import STOPPED, WARM, State, load_state
from .timer import arm


class BootCall(HostCall):
    """Containers follow the record after a boot even while a run holds the lock."""

    def fence(self) -> State:
        """Return the state; the boot changes none of it."""
        return load_state(self.paths)


def boot(root: Path, tools: HostTools) -> Iterator[str]:
    """Bring every application to its recorded slot and yield a line for each.

    Containers return by their restart policy. One application's trouble never holds up another.
    """
    for path in sorted(root.glob("*/state.json")):
        app = path.parent.name
        if APP.fullmatch(app):
            try:
                yield from _restore(host_call(root, app, tools))
            except Problem as problem:
                yield f"{app}: {problem}"


def _restore(found: HostCall) -> Iterator[str]:
    call = BootCall(found.paths, found.run, found.tools, step="boot")
    with call.alone(seconds=None):
        state = load_state(call.paths)
        for slot in SLOTS:
            if slot == state.active:
                yield from _bring_back(call, state, slot)
            elif state.slots[slot].state == WARM:
                yield from _keep_warm(call, state, slot)
            elif state.slots[slot].state == STOPPED:
                yield from _keep_stopped(call, state, slot)
            else:
                yield from _stop(call, slot)
        if started := after_boot(call, state):
            yield f"{call.paths.app}: runs as a plain project again, started {', '.join(started)}"


def _bring_back(call: BootCall, state: State, slot: str) -> Iterator[str]:
    """Singletons that run elsewhere by now stay down, whatever brought them up."""
    manifest = _manifest_of(call, state, slot)
    ours = workers_here(manifest, state) if manifest else []
    theirs = set(_containers_of(call, state, slot, WORKER)) - {*ours}
    stop_services(call, slot, theirs)
    started = start_services(call, slot, _containers_of(call, state, slot, WEB))
    started += start_services(call, slot, ours)
    yield f"{call.paths.app} {slot}: serves, started {', '.join(started) or 'nothing'}"


def _keep_warm(call: BootCall, state: State, slot: str) -> Iterator[str]:
    """Let a warm slot stay for the rest of its time; its workers must not work twice."""
    stop_services(call, slot, _containers_of(call, state, slot, WORKER))
    deadline = state.slots[slot].deadline
    if deadline is None:
        yield f"{call.paths.app} {slot}: a run ended midway and it may serve, left alone"
        return
    left = deadline.seconds_left(call.tools.clock)
    warning = arm(call.tools.run, call.paths.app, slot, seconds=left)
    yield f"{call.paths.app} {slot}: warm for {max(0, round(left))} s {warning}".rstrip()


def _keep_stopped(call: BootCall, state: State, slot: str) -> Iterator[str]:
    """There is no room for both releases; workers go on until the run changes them."""
    stop_services(call, slot, _containers_of(call, state, slot, WEB))
    yield f"{call.paths.app} {slot}: makes room for another release, stays stopped"


def _stop(call: BootCall, slot: str) -> Iterator[str]:
    """Stop what came back in a slot that is not on record; the next run removes it."""
    engine = call.tools.engine
    found = project_containers(engine, call.paths.project(slot))
    running = [one for one in found if one.is_running]
    each(running, lambda one: engine.stop(one.id, grace_seconds=one.grace_seconds))
    if running:
        yield f"{call.paths.app} {slot}: not on record, stopped"


def _containers_of(call: BootCall, state: State, slot: str, kind: str) -> list[str]:
    manifest = _manifest_of(call, state, slot)
    return manifest.containers(kind) if manifest else []


def _manifest_of(call: BootCall, state: State, slot: str) -> Manifest | None:
    release = state.slots[slot].release
    return load_manifest(call.paths, release) if release else None
