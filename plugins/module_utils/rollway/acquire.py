"""The step `acquire`: what a host is and has, and its lock for this run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .call import Call
from .containers import summaries
from .engine import Json
from .facts import app_host_facts, host_facts
from .listening import listening_ports
from .lock import DECIDING, Alive, Run, is_provably_dead, read_hold, read_lock, write_lock
from .mutex import LOCKED, held_mutex
from .names import SLOTS
from .ports import Need, Ports, allocate, read_ports, reserve
from .problem import Problem
from .releases import kept_manifests
from .state import State, load_state, save_state

PATIENCE_SECONDS = 5.0  # for the end of a step that still runs on the host
ACQUIRED, READ = "acquired", "read"


@dataclass(frozen=True)
class Question:
    """What a run wants to know and have; `release` asks for one stored manifest."""

    takes_lock: bool
    has_engine: bool
    alive: Alive
    needs: tuple[Need, ...] = ()
    images: tuple[str, ...] = ()
    release: str | None = None


def acquire(call: Call, question: Question) -> dict[str, Any]:
    """Look at the host, then take its lock and reserve its ports unless only asked to look.

    Everything that could refuse comes before the first change.
    """
    found = _engine_findings(call, question) if question.has_engine else _findings(call)
    listed: list[Json] = found.pop("listed")
    if question.takes_lock and not call.check:
        found.update(_take(call, question, listed))
    else:
        found.update(_look(call, question, listed))
    manifests = kept_manifests(call.paths)
    wanted = manifests.get(question.release) if question.release else None
    return {**found, "manifests": manifests, "manifest": wanted}


def _engine_findings(call: Call, question: Question) -> dict[str, Any]:
    with call.timed("facts"):
        facts = app_host_facts(call)
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


def _findings(call: Call) -> dict[str, Any]:
    facts = host_facts(call.tools.clock.boot_id())
    return {"facts": facts, "images_present": [], "containers": {}, "listed": []}


def _look(call: Call, question: Question, listed: list[Json]) -> dict[str, Any]:
    state, holder = load_state(call.paths), read_lock(call.paths)
    ports: Ports = {}
    if question.has_engine:
        ports = allocate(
            read_ports(call.paths), call.paths.app, question.needs, _taken(call, listed)
        )
    hold = read_hold(call.paths)
    refusal = _refusal(call, holder, hold, question.alive)
    return {
        **_standing(state, ports, holder),
        "hold": hold,
        "outcome": READ,
        "would_refuse": refusal.data if refusal else None,
    }


def _take(call: Call, question: Question, listed: list[Json]) -> dict[str, Any]:
    call.paths.make()
    with held_mutex(call, seconds=PATIENCE_SECONDS):
        state, holder = load_state(call.paths), read_lock(call.paths)
        hold = read_hold(call.paths)
        refusal = _refusal(call, holder, hold, question.alive)
        if refusal:
            raise refusal
        ports: Ports = {}
        if question.has_engine:
            ports = reserve(call.paths, question.needs, _taken(call, listed))
        decided = {**hold, "decided_by": call.run.id} if hold else None
        write_lock(call.paths, call.run, hold=decided)
        state = replace(state, generation=state.generation + 1)
        save_state(call.paths, state)
    call.changed = True
    taken_over = holder.to_json() if holder and holder.id != call.run.id else None
    return {
        **_standing(state, ports, call.run),
        "hold": hold,
        "outcome": ACQUIRED,
        "taken_over": taken_over,
    }


def _refusal(call: Call, holder: Run | None, hold: Json | None, alive: Alive) -> Problem | None:
    """Why a run may not take the lock; None when it may."""
    if holder is None or _may_take(holder, hold, call.run, alive):
        return None
    return _locked(call, holder, hold)


def _may_take(holder: Run, hold: Json | None, run: Run, alive: Alive) -> bool:
    """What is held waits for whoever decides it, on whichever controller; nothing else does.

    Once somebody decides, the lock is theirs like any other: only proof of their death frees it.
    """
    if hold and run.verb not in DECIDING:
        return False
    if hold and not hold.get("decided_by"):
        return True
    return holder.id == run.id or is_provably_dead(holder, seen_by=run, alive=alive)


def _standing(state: State, ports: Ports, holder: Run | None) -> dict[str, Any]:
    return {
        "state": state.to_json(),
        "generation": state.generation,
        "ports": ports,
        "lock": holder.to_json() if holder else None,
    }


def _taken(call: Call, listed: list[Json]) -> set[int]:
    """Return the ports in use; an engine without its userland proxy listens on none itself."""
    published = {port.get("PublicPort") for item in listed for port in item.get("Ports") or ()}
    listening = listening_ports(call.tools.sockets_of("self"))
    return listening | {int(port) for port in published if port}


def _locked(call: Call, holder: Run, hold: Json | None) -> Problem:
    found, accepted, following = _words(holder, hold)
    return Problem(
        str(call.paths.lock),
        found,
        accepted,
        following,
        details={"outcome": LOCKED, "lock": holder.to_json(), "hold": hold},
    )


def _words(holder: Run, hold: Json | None) -> tuple[str, str, str]:
    """What was found, what is accepted, and what to do."""
    if not hold:
        return f"locked by {holder.named()}", "no other run", "wait for it, or see ./invoke status"
    held = f"{hold['release']} is held"
    if not hold.get("decided_by"):
        following = "./invoke promote, or ./invoke abort"
        return f"{held} by {holder.named()}", "no other run", following
    place = holder.place()
    decides = f"{holder.named()} decides about it: process {holder.controller.pid} on {place}"
    following = f"wait for it; if it was killed, ./invoke abort on {place} takes it over; "
    following += f"if {place} is gone for good, see docs/promote.md"
    return f"{held}, and {decides}", "one decision at a time", following
