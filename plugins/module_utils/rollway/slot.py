"""A slot's containers: how they come up, stand still, and go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from . import compose
from .call import Call
from .command import Finished
from .containers import Container, of_services, project_containers
from .drain import wait_until_drained
from .engine import EngineProblem
from .manifest import Manifest
from .parallel import each
from .problem import Problem
from .releases import compose_file
from .state import Slot, State

UP_SECONDS = 120.0  # beside the deadlines of services that others wait for
# runc's words when its child ends before the container's program begins, seen on busy hosts about
# once in some thousand starts, and gone the next time
RUNTIME_RACE = "read init-p:"


def bring_up(
    call: Call, manifest: Manifest, slot: str, services: list[str], *, wait_seconds: float = 0.0
) -> None:
    """Let Compose create and start these services of a slot; Problem with its words when not."""
    project = compose.Project(
        call.paths.project(slot),
        compose_file(call.paths.release(manifest.id)),
        call.paths.slot_env(slot),
    )
    done = compose_up(call, project, services, seconds=UP_SECONDS + wait_seconds)
    if not done.is_ok:
        how = "did not end in time" if done.status is None else f"exit code {done.status}"
        raise Problem(
            f"{project.name}: docker compose up",
            f"{how}: {done.last_words()}",
            "a project that starts",
            f"docker logs of {project.name} on this host, then deploy again",
        )


def compose_up(
    call: Call,
    project: compose.Project,
    services: list[str],
    *,
    seconds: float,
    pull: str = "never",
    anew: bool = False,
) -> Finished:
    """Let Compose create and start services; once more where the runtime lost its own child.

    A second `up` starts what the first left standing and touches nothing else.
    """
    call.fence()
    done = compose.up(call.tools.run, project, services, seconds=seconds, pull=pull, anew=anew)
    if RUNTIME_RACE in done.errors:
        call.remarks.append(f"{project.name}: docker compose up again after: {done.last_words()}")
        call.fence()
        done = compose.up(call.tools.run, project, services, seconds=seconds, pull=pull)
    call.changed = True
    return done


def drain(call: Call, slot: str, recorded: Slot, *, seconds: float) -> dict[str, int]:
    """Wait until a slot serves nobody, at most `seconds` after traffic left it.

    Returns what is still connected at the end and will be cut, by container.
    """
    left = recorded.shifted_away_at
    remaining = seconds if left is None else left.after(seconds).seconds_left(call.tools.clock)
    containers = project_containers(call.tools.engine, call.paths.project(slot))
    return wait_until_drained(
        containers,
        call.tools.clock,
        seconds=max(0.0, remaining),
        sockets_of=call.tools.sockets_of,
    )


def tear_down(call: Call, slot: str, *, keeps_networks: bool = False) -> None:
    """Stop and remove all that stands in a slot: containers, temporary ones too, and networks.

    A slot that is filled again at once keeps its networks: making them anew costs a quarter of a
    second.
    """
    remove_project(call, call.paths.project(slot), keeps_networks=keeps_networks)


def remove_project(
    call: Call, project: str, *, keeps_networks: bool = False, keeps_volumes: bool = False
) -> None:
    """Stop a project's containers at once, each with its own grace, then remove it.

    Volumes without a name go with their containers unless they are kept.
    """
    engine = call.tools.engine
    containers = project_containers(engine, project)

    def end(one: Container) -> None:
        call.fence()
        engine.stop(one.id, grace_seconds=one.grace_seconds)
        call.fence()
        engine.remove(one.id, keeps_volumes=keeps_volumes)

    def take_away(network: str) -> None:
        call.fence()
        engine.remove_network(network)

    call.expect(max((one.grace_seconds for one in containers), default=0.0))
    each(containers, end)
    networks = [] if keeps_networks else engine.networks(project)
    each((network["Id"] for network in networks), take_away)
    call.changed = call.changed or bool(containers or networks)


def stop_services(call: Call, slot: str, services: Iterable[str]) -> list[str]:
    """Stop containers of a slot with their grace and keep them; return which ran."""
    engine = call.tools.engine
    running = at_work(call, slot, services)

    def halt(one: Container) -> None:
        call.fence()
        if one.restart_policy == "always":  # it would be back when the engine restarts
            engine.keep_stopped(one.id)
            call.fence()
        engine.stop(one.id, grace_seconds=one.grace_seconds)

    if running:
        call.expect(max(one.grace_seconds for one in running))
        each(running, halt)
        call.changed = True
    return [one.name for one in running]


def at_work(call: Call, slot: str, services: Iterable[str]) -> list[Container]:
    """Return the containers of these services that run, or would run again by themselves."""
    found = project_containers(call.tools.engine, call.paths.project(slot))
    busy = ("running", "restarting", "paused")
    return [one for one in of_services(found, services) if one.state in busy]


def start_services(call: Call, slot: str, services: Iterable[str]) -> list[str]:
    """Start containers of a slot that stand still; return which."""
    engine = call.tools.engine
    found = of_services(project_containers(engine, call.paths.project(slot)), services)
    still = [one for one in found if one.state in ("exited", "created")]

    if still:
        each(still, lambda one: start_one(call, one))
        call.changed = True
    return [one.name for one in still]


def start_one(call: Call, one: Container) -> None:
    """Start a container; once more where the runtime lost its own child."""
    call.fence()
    try:
        call.tools.engine.start(one.id)
    except EngineProblem as problem:
        if RUNTIME_RACE not in problem.data["found"]:
            raise
        call.remarks.append(f"{one.name}: started again after: {problem.data['found']}")
        call.fence()
        call.tools.engine.start(one.id)


def emptied(state: State, slot: str) -> State:
    """Return the state with nothing in `slot`."""
    return state.with_slot(slot, Slot())


def occupied(state: State, slot: str, manifest: Manifest, how: str) -> State:
    """Return the state with this release in `slot`."""
    return state.with_slot(slot, Slot(manifest.id, manifest.version, how))


def with_state(state: State, slot: str, how: str) -> State:
    """Return the state with `slot` in another state and without a deadline."""
    kept = replace(state.slots[slot], state=how, shifted_away_at=None, deadline=None)
    return state.with_slot(slot, kept)
