"""The step `remove`: an application leaves the host; what it did stays on record.

The edges let it go before. Every part may be done already, by a remove that was interrupted.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .accessories import SLOT as ACCESSORIES
from .adoption import KINDS, is_taken, start_plain
from .audit import note
from .call import Call
from .containers import project_containers
from .engine import PROJECT_LABEL
from .files import exclusive, write_atomic
from .jobs import check_nothing_runs
from .leave import drain_seconds_of
from .lock import remove_lock
from .names import JOBS, SLOTS
from .ports import read_ports
from .prune import images_only_of, remove_images
from .releases import counter, kept_releases, remove_release
from .sealed import write_sealed
from .slot import drain, emptied, remove_project
from .state import EMPTY, State, save_state
from .timer import disarm

STEP, REMOVED = "remove", "removed"


def remove(
    call: Call,
    record: Mapping[str, Any],
    *,
    has_engine: bool,
    takes_volumes: bool,
    placed: Mapping[str, Iterable[str]],
) -> dict[str, Any]:
    """Take the application off this host, and unlock it; `found` is whether there was any of it.

    The audit, the runs and the number of the last release stay, and the volumes unless they are
    to go, too. So does `placed`: the singletons that hosts which are gone may still run.
    """
    state = call.fence()
    volumes = _volumes(call) if has_engine else []
    found = has_engine and _is_here(call, state, volumes if takes_volumes else [])
    told = {"found": found, "volumes": volumes, "cut": {}}
    if call.check:
        call.changed = found
        return told
    state = call.enter(STEP, None)
    if has_engine:
        check_nothing_runs(call)
        state, told["cut"] = _stop(call, state)
        if not is_taken(call):
            start_plain(call, *KINDS)  # of a project whose place a run had only begun to take
        _forget(call, state)
        if takes_volumes:
            _take_volumes(call, volumes)
    _record(call, record, found=found)
    _close(call, state, placed)
    return told


def _is_here(call: Call, state: State, volumes: list[str]) -> bool:
    projects = [call.paths.project(name) for name in (*SLOTS, ACCESSORIES, JOBS)]
    return bool(
        state.releases
        or kept_releases(call.paths)
        or read_ports(call.paths).get(call.paths.app)
        or volumes
        or any(project_containers(call.tools.engine, project) for project in projects)
    )


def _stop(call: Call, state: State) -> tuple[State, dict[str, int]]:
    """Stop both slots, the one that serves first and when its last request has ended."""
    cut: dict[str, int] = {}
    for slot in sorted(SLOTS, key=lambda name: name != state.active):
        call.fence()
        disarm(call.tools.run, call.paths.app, slot)
        recorded = state.slots[slot]
        if recorded.state != EMPTY:
            with call.timed("drain"):
                cut |= drain(call, slot, recorded, seconds=drain_seconds_of(call, recorded))
        with call.timed("stop"):
            remove_project(call, call.paths.project(slot))
        left = None if state.active == slot else state.active
        state = call.save(replace(emptied(state, slot), active=left))
    with call.timed("stop"):
        for name in (ACCESSORIES, JOBS):
            remove_project(call, call.paths.project(name))
    return state, cut


def _forget(call: Call, state: State) -> None:
    """Remove the releases, the images that only they name, the slots' values and the ports.

    The images first: whoever continues finds no more of them than the releases tell.
    """
    releases = sorted({*kept_releases(call.paths), *state.releases})
    remove_images(call, releases, images_only_of(call, releases))
    for release in releases:
        call.fence()
        remove_release(call.paths, release)
    call.fence()
    for folder in (call.paths.releases, call.paths.folder / "slots"):
        shutil.rmtree(folder, ignore_errors=True)
    with exclusive(call.paths.ports_mutex):
        table = read_ports(call.paths)
        if table.pop(call.paths.app, None) is not None:
            write_sealed(call.paths.ports, {"apps": table})


def _volumes(call: Call) -> list[str]:
    """The application's own, and those that Compose made for a slot or for the accessories."""
    projects = [call.paths.project(name) for name in (*SLOTS, ACCESSORIES, JOBS)]
    labels = [f"{PROJECT_LABEL}={project}" for project in projects]
    labels.append(f"io.rollway.app={call.paths.app}")
    return sorted({name for label in labels for name in call.tools.engine.volumes(label)})


def _take_volumes(call: Call, volumes: list[str]) -> None:
    for volume in volumes:
        call.fence()
        call.tools.engine.remove_volume(volume)
        call.changed = True


def _record(call: Call, record: Mapping[str, Any], *, found: bool) -> None:
    """Write the run's record and a line of audit, where there was something to remove."""
    if not found and not record.get("found"):
        return
    call.fence()
    whole = {**record, "run": call.run.to_json(), "outcome": REMOVED}
    path = call.paths.runs / f"{call.run.id}.json"
    write_atomic(path, json.dumps(whole, indent=1, sort_keys=True) + "\n", mode=0o600)
    note(call, outcome=REMOVED)


def _close(call: Call, state: State, placed: Mapping[str, Iterable[str]]) -> None:
    """Leave a state that only counts on, so that no number of a release comes twice; unlock."""
    call.fence()
    for path in (call.paths.jobs, call.paths.adopted):
        path.unlink(missing_ok=True)
    numbers = [name for name in (state.last_release, *state.releases) if name]
    last = max(numbers, key=counter, default=None)
    left = State(
        state.app,
        generation=state.generation + 1,
        last_release=last,
        placed={name: tuple(hosts) for name, hosts in placed.items()},
    )
    save_state(call.paths, left)
    remove_lock(call.paths)
    call.changed = True
