"""The step `start`: a staged release comes up in the slot that does not serve."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .accessories import bring_up_accessories, wait_for_accessories
from .call import Call
from .compose import networks_part
from .containers import failure_reports, project_containers
from .manifest import WEB, Manifest
from .names import other_slot
from .place import Place, environment, has_environment, write_environment
from .problem import Problem, of_the_host
from .ready import is_serving, wait_ready, web_targets
from .releases import load_manifest
from .room import bring_back, make_room
from .slot import bring_up, drain, emptied, occupied, tear_down, with_state
from .state import DRAINING, EMPTY, RUNNING, STARTING, STOPPED, WARM, State
from .timer import disarm
from .volumes import make_volumes


@dataclass(frozen=True)
class Start:
    """How to start: `drain_seconds` for what stands in the slot, `deadline_seconds` to be ready.

    Without a deadline each service has its own, from its health check. `anew`: what a warm slot has
    of the same release is replaced, too. `stops_first`: the slot that serves stands still
    meanwhile; its traffic was moved away before.
    """

    place: Place
    drain_seconds: float
    deadline_seconds: float | None = None
    anew: bool = False
    stops_first: bool = False


def start(call: Call, manifest: Manifest, how: Start) -> dict[str, Any]:
    """Bring the release up in its slot and wait until it is ready; drain what was there before.

    A slot that runs exactly this release already is left alone. What fails to start is removed
    again: the host then has the release it had, and one that was stopped first runs again.
    """
    place = how.place
    _check_ports(manifest, place)
    state = call.fence()
    values = environment(call, manifest, place)
    if _runs_already(call, state, manifest, how, values):
        return _keep(call, state, place.slot)
    is_left = how.stops_first and state.slots[other_slot(place.slot)].state == STOPPED
    if state.active == place.slot and state.slots[place.slot].release and not is_left:
        raise _serving(call, state, place.slot)
    call.changed = True
    if call.check:
        return {"cut": {}}
    state = call.enter("start", manifest.id)
    call.goes_on("start", how.drain_seconds + _longest(manifest, how))
    if is_left:  # what a run that was interrupted started is not what this one returns to
        state = call.save(replace(state, active=other_slot(place.slot)))
    cut = _clear(call, state, manifest, how)
    if how.stops_first:
        cut = {**cut, **make_room(call, place, drain_seconds=how.drain_seconds)}
    _start(call, manifest, how, values)
    call.save(_started(call.fence(), manifest, how))
    return {"cut": cut}


def _longest(manifest: Manifest, how: Start) -> float:
    """What the services may take at most: those that others wait for, then all at once."""
    deadlines = [one.ready_deadline_seconds for one in manifest.services]
    return sum(deadlines) + max(how.deadline_seconds or 0.0, *deadlines, 0.0)


def _started(state: State, manifest: Manifest, how: Start) -> State:
    """The release is up; where the old one stands still, no other can serve after a reboot."""
    state = occupied(state, how.place.slot, manifest, RUNNING)
    return replace(state, active=how.place.slot) if how.stops_first else state


def _start(call: Call, manifest: Manifest, how: Start, values: str) -> None:
    place = how.place
    try:
        call.save(occupied(call.fence(), place.slot, manifest, STARTING))
        make_volumes(call, manifest)
        bring_up_accessories(call, manifest, place)
        wait_for_accessories(call, manifest, place)
        write_environment(call, place, values)
        with call.timed("up"):
            bring_up(
                call,
                manifest,
                place.slot,
                manifest.containers(WEB),
                wait_seconds=sum(one.ready_deadline_seconds for one in manifest.services),
            )
        with call.timed("ready"):
            wanted = web_targets(manifest, place, deadline_seconds=how.deadline_seconds)
            wait_ready(call, place.slot, wanted)
    except (Problem, OSError) as error:
        problem = error if isinstance(error, Problem) else of_the_host(error)
        _remove_failed(call, how, problem)
        raise problem from None


def _remove_failed(call: Call, how: Start, problem: Problem) -> None:
    """Take away what did not start; what it said last is kept in the problem.

    What was stopped first runs again before anything is recorded: the disk may be full.
    """
    slot = how.place.slot
    if "containers" not in problem.details:
        found = project_containers(call.tools.engine, call.paths.project(slot))
        problem.details["containers"] = failure_reports(call.tools.engine, found)
    with call.timed("remove"):
        tear_down(call, slot)
    if how.stops_first:
        _come_back(call, how.place, problem)
    call.save(emptied(call.fence(), slot))


def _come_back(call: Call, place: Place, problem: Problem) -> None:
    """Let the slot that was stopped first serve again; what hinders it stands in the problem."""
    try:
        bring_back(call, place)
    except (Problem, OSError) as error:
        other = error if isinstance(error, Problem) else of_the_host(error)
        problem.data["found"] += f"; and what served before: {other.data['found']}"


def _runs_already(call: Call, state: State, manifest: Manifest, how: Start, values: str) -> bool:
    slot = how.place.slot
    recorded = state.slots[slot]
    if recorded.release != manifest.id or recorded.state in (EMPTY, STARTING, STOPPED):
        return False
    if how.anew and recorded.state in (WARM, DRAINING):
        return False
    if not has_environment(call, slot, values):
        return False
    return is_serving(call, slot, web_targets(manifest, how.place))


def _keep(call: Call, state: State, slot: str) -> dict[str, Any]:
    """Let a slot that runs this release stay; a warm or draining one is in use again."""
    if state.slots[slot].state != RUNNING:
        call.changed = True
        if not call.check:
            call.fence()
            disarm(call.tools.run, call.paths.app, slot)
            call.save(with_state(call.fence(), slot, RUNNING))
    return {"cut": {}}


def _clear(call: Call, state: State, manifest: Manifest, how: Start) -> dict[str, int]:
    """Empty the slot: wait until it serves nobody, then stop and remove what is there."""
    slot = how.place.slot
    recorded = state.slots[slot]
    cut: dict[str, int] = {}
    if recorded.state not in (EMPTY, STARTING, STOPPED):
        call.fence()
        disarm(call.tools.run, call.paths.app, slot)
        with call.timed("drain"):
            cut = drain(call, slot, recorded, seconds=how.drain_seconds)
    with call.timed("clear"):
        same = _has_same_networks(call, recorded.release, manifest)
        tear_down(call, slot, keeps_networks=same)
    return cut


def _has_same_networks(call: Call, release: str | None, manifest: Manifest) -> bool:
    if release is None or not call.paths.release(release).is_dir():
        return False
    before = load_manifest(call.paths, release)
    return networks_part(before.compose) == networks_part(manifest.compose)


def _check_ports(manifest: Manifest, place: Place) -> None:
    for service in manifest.services:
        if service.kind != WEB or service.port is None:
            continue
        reserved = len(place.ports.get(service.name, {}).get(place.slot, ()))
        if reserved < len(service.containers):
            raise Problem(
                f"ports.json/{service.name}/{place.slot}",
                f"{reserved} ports are reserved",
                f"{len(service.containers)}, one per replica",
                "the step acquire with these services",
            )


def _serving(call: Call, state: State, slot: str) -> Problem:
    release = state.slots[slot].release
    return Problem(
        f"{call.paths.state}/slots/{slot}",
        f"this slot serves release {release}",
        "the slot that does not serve",
        "./invoke status",
    )
