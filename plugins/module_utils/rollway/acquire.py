"""The step `acquire`: what a host is and has, and its lock for this run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .adopted import read_adopted
from .call import Call
from .capacity import Needs, room_left
from .containers import summaries, with_restarts
from .engine import Json
from .facts import app_host_facts, host_facts
from .interrupted import left_behind
from .job_records import jobs_as_data
from .listening import listening_ports
from .lock import (
    Alive,
    Run,
    process_of,
    read_freeze,
    read_hold,
    read_lock,
    write_lock,
)
from .names import SLOTS
from .owner import check_name
from .ports import Need, Ports, allocate, check_claims, read_ports, reserve
from .refusal import refusal_of
from .releases import kept_manifests
from .state import State, load_state, save_state

if TYPE_CHECKING:
    from .scale import Scale

PATIENCE_SECONDS = 3.0  # for the end of a step on the host; a controller asks again, and says so
ACQUIRED, READ = "acquired", "read"


@dataclass(frozen=True)
class Question:
    """What a run wants to know and have; `release` asks for one stored manifest.

    `scale` asks what the releases in the slots are with another number of replicas.
    `claims` are the host ports that accessories are to publish here. `plain` is the project whose
    place the release is to take.
    """

    takes_lock: bool
    has_engine: bool
    alive: Alive
    needs: tuple[Need, ...] = ()
    images: tuple[str, ...] = ()
    room: Needs = field(default_factory=Needs)
    release: str | None = None
    scale: Scale | None = None
    claims: tuple[int, ...] = ()
    plain: str = ""


def acquire(call: Call, question: Question) -> dict[str, Any]:
    """Look at the host, then take its lock and reserve its ports unless only asked to look.

    Everything that could refuse comes before the first change.
    """
    found = _engine_findings(call, question) if question.has_engine else _findings(call)
    listed: list[Json] = found.pop("listed")
    manifests = kept_manifests(call.paths)  # one that is spoiled refuses, too
    jobs, adopted = jobs_as_data(call.paths), read_adopted(call.paths)
    if question.scale and question.has_engine:
        question, found["scaled"] = _scaled(call, question, question.scale)
    if question.has_engine:
        state = load_state(call.paths)
        check_name(call, state)
        begun = adopted.project if adopted and state.active is None else ""
        check_claims(call, question.claims, listed, plain=question.plain or begun)
        found["facts"].update(_room(call, question, manifests, found["facts"]))
    if question.takes_lock and not call.check:
        found.update(_take(call, question, listed))
    else:
        found.update(_look(call, question, listed))
        found["containers"] = _with_restarts(call, found)
    wanted = manifests.get(question.release) if question.release else None
    known = {"manifests": manifests, "manifest": wanted, "jobs": jobs}
    return {**found, **known, "adopted": adopted.to_json() if adopted else None}


def _scaled(call: Call, question: Question, scale: Scale) -> tuple[Question, dict[str, Any]]:
    """What the slots' releases become, and the question with the room and ports for them."""
    from .scale import needs_of, offers

    offered = offers(call.paths, scale)
    room, needs = question.room, (*question.needs, *needs_of(offered, scale))
    for one in offered.values():
        room = room.or_more(Needs.of((one["release"] or {}).get("services", [])))
    return replace(question, needs=needs, room=room), offered


def _engine_findings(call: Call, question: Question) -> dict[str, Any]:
    with call.timed("facts"):
        facts = app_host_facts(call, remembers=question.takes_lock and not call.check)
    with call.timed("engine"):
        engine = call.tools.engine
        listed = engine.containers()
        present = [image for image in question.images if engine.has_image(image)]
    projects = {key: call.paths.project(key) for key in (*SLOTS, "accessories")}
    return {
        "facts": facts,
        "images_present": present,
        "containers": summaries(listed, projects),
        "listed": listed,
    }


def _room(
    call: Call, question: Question, manifests: dict[str, dict[str, Any]], facts: dict[str, Any]
) -> dict[str, Any]:
    state, free = load_state(call.paths), facts["memory_available_bytes"]
    with call.timed("room"):
        return room_left(call, state, manifests, needs=question.room, free=free)


def _findings(call: Call) -> dict[str, Any]:
    facts = host_facts(call.tools.clock)
    return {"facts": facts, "images_present": [], "containers": {}, "listed": []}


def _look(call: Call, question: Question, listed: list[Json]) -> dict[str, Any]:
    state, holder = load_state(call.paths), read_lock(call.paths)
    ports: Ports = {}
    if question.has_engine:
        ports = allocate(
            read_ports(call.paths), call.paths.app, question.needs, _taken(call, listed)
        )
    hold = read_hold(call.paths)
    refusal = refusal_of(call, question.alive)
    return {
        **_standing(call, state, ports, holder),
        "hold": hold,
        "outcome": READ,
        "would_refuse": refusal.data if refusal else None,
        "process": _process(call, question, holder),
    }


def _process(call: Call, question: Question, holder: Run | None) -> str | None:
    """What is known of the process behind the lock."""
    return process_of(holder, seen_by=call.run, alive=question.alive) if holder else None


def _with_restarts(call: Call, found: dict[str, Any]) -> dict[str, Any]:
    """Return the containers by slot; of what serves, with how often each was started again."""
    containers, active = found["containers"], found["state"]["active"]
    if active not in containers:
        return dict(containers)
    return {**containers, active: with_restarts(call.tools.engine, containers[active])}


def _take(call: Call, question: Question, listed: list[Json]) -> dict[str, Any]:
    call.paths.make()
    with call.alone(seconds=PATIENCE_SECONDS, refusal=lambda: refusal_of(call, question.alive)):
        state, holder = load_state(call.paths), read_lock(call.paths)
        hold = read_hold(call.paths)
        refusal = refusal_of(call, question.alive)
        if refusal:
            raise refusal
        ports: Ports = {}
        if question.has_engine:
            ports = reserve(call.paths, question.needs, _taken(call, listed))
        decided = {**hold, "decided_by": call.run.id} if hold else None
        write_lock(call.paths, call.run, hold=decided)
        if holder and holder.id != call.run.id and not hold:
            state = left_behind(state, holder)
        state = replace(state, generation=state.generation + 1)
        save_state(call.paths, state)
    call.changed = True
    taken_over = holder.to_json() if holder and holder.id != call.run.id else None
    return {
        **_standing(call, state, ports, call.run),
        "hold": hold,
        "outcome": ACQUIRED,
        "taken_over": taken_over,
    }


def _standing(call: Call, state: State, ports: Ports, holder: Run | None) -> dict[str, Any]:
    freeze = read_freeze(call.paths)
    return {
        "state": state.to_json(),
        "generation": state.generation,
        "ports": ports,
        "lock": holder.to_json() if holder else None,
        "freeze": freeze.to_json() if freeze else None,
    }


def _taken(call: Call, listed: list[Json]) -> set[int]:
    """Return the ports in use; an engine without its userland proxy listens on none itself."""
    published = {port.get("PublicPort") for item in listed for port in item.get("Ports") or ()}
    listening = listening_ports(call.tools.sockets_of("self"))
    return listening | {int(port) for port in published if port}
