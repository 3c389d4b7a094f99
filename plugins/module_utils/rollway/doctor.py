"""The step `doctor`: what is wrong with an application on this host, and its repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import edge_report
from .ailment import Ailment, Told, keep_bad, mended
from .call import Call
from .doctor_containers import container_ailments
from .doctor_edge import edge_ailments
from .doctor_host import disk_remarks, engine_ailment, port_ailments, unit_ailments
from .doctor_records import (
    adoption_ailments,
    job_ailments,
    lock_ailments,
    release_ailments,
    shared_manifests,
    unreadable_lock,
)
from .doctor_state import fix_words, rebuilt
from .drift import findings
from .edge_call import Edge
from .edge_fence import Fence
from .edge_model import backend_name
from .edge_store import Paths as EdgePaths
from .haproxy_socket import MASTER_SOCKET, Master
from .haproxy_state import view
from .interrupted import left_behind
from .lock import Alive, read_lock
from .place import Place
from .ports import read_ports
from .problem import Problem
from .state import State, load_state
from .upkeep import PATIENCE_SECONDS, give_back, refusal, take

REPAIRED, READ = "repaired", "read"


@dataclass(frozen=True)
class Question:
    """What is looked at, and what the rest of the fleet says.

    `serves` are the slots to which edges send this host's requests, `edges_told` whether every edge
    has said where it sends any: a look supposes so. `known` are manifests as other hosts have them,
    `hosts` all app hosts of the inventory, for an edge. `host` and `address` are this one's there.
    """

    has_engine: bool
    alive: Alive
    serves: tuple[str, ...] = ()
    edges_told: bool = False
    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    edge: EdgePaths | None = None
    host: str = ""
    address: str = ""

    @property
    def told(self) -> Told:
        """What the edges say of this host, all of them or some."""
        return Told(self.serves, is_whole=self.edges_told)


def doctor(call: Call, question: Question, *, only_looks: bool) -> dict[str, Any]:
    """Say what is wrong; or mend what can be, under the application's lock, and say what is left.

    What was mended is looked at again: only what is then gone counts as repaired.
    """
    if only_looks or call.check or not call.paths.folder.is_dir():
        return _look(call, question)
    before = list(_ailments(call, question))
    _begin(call, question)
    try:
        with call.alone(seconds=PATIENCE_SECONDS):
            _mend(call, _own(call, question))
        _mend(call, _at_the_edge(call, question))
    finally:
        with call.alone(seconds=PATIENCE_SECONDS):
            give_back(call, outcome=REPAIRED)
    left = [one.to_json() for one in _ailments(call, question)]
    places = {(one["kind"], one["where"]) for one in left}
    call.remarks[:] = dict.fromkeys(call.remarks)
    repaired = [one.to_json() for one in before if (one.kind, one.where) not in places]
    return {"outcome": REPAIRED, "findings": left, "repaired": repaired}


def _look(call: Call, question: Question) -> dict[str, Any]:
    found = [one.to_json() for one in _ailments(call, question)]
    return {
        "outcome": READ,
        "findings": found,
        "manifests": shared_manifests(call) if question.has_engine else {},
        "servers": _servers(call, question),
        "would_refuse": _refusal(call, question),
    }


def _ailments(call: Call, question: Question) -> Iterator[Ailment]:
    yield from _own(call, question)
    yield from _at_the_edge(call, question)


def _own(call: Call, question: Question) -> Iterator[Ailment]:
    """The host's own: containers are only judged where engine and record can be read."""
    yield from lock_ailments(call, question.alive)
    yield from job_ailments(call)
    yield from adoption_ailments(call)
    down = engine_ailment(call) if question.has_engine else None
    if down:
        yield down
    can_ask = question.has_engine and not down
    state: State | None = None
    try:
        state = load_state(call.paths)
    except Problem as problem:
        yield _unreadable_state(call, question, problem, can_ask=can_ask)
    if question.has_engine:
        yield from unit_ailments(call, state)
    if state and question.has_engine:
        yield from release_ailments(call, state, question.known)
    if state and can_ask:
        yield from container_ailments(call, state, question.told)
        yield from _astray(call, state, question)
    if can_ask:
        yield from port_ailments(call)
    call.remarks += disk_remarks(call, has_engine=can_ask)


def _astray(call: Call, state: State, question: Question) -> Iterator[Ailment]:
    """What differs from the record and can be put right."""
    if _is_settled(call):
        ports = read_ports(call.paths).get(call.paths.app, {})
        place = Place("", question.host, question.address, ports, accessories={})
        yield from mended(findings(call, state, place, is_settled=True))


def _is_settled(call: Call) -> bool:
    """Whether nobody else changes anything: a run at work, or held, is about to change more."""
    try:
        holder = read_lock(call.paths)
    except Problem:  # whose it is nobody knows: it is freed first
        return False
    return holder is None or holder.id == call.run.id


def _unreadable_state(
    call: Call, question: Question, problem: Problem, *, can_ask: bool
) -> Ailment:
    where, found = str(call.paths.state), problem.data["found"]
    if question.has_engine and not can_ask:
        return Ailment("state", where, found, "", "mend the engine first")
    try:
        state = rebuilt(call, has_engine=question.has_engine, told=question.told)
    except Problem as unclear:
        words = f"{found}; {unclear.data['found']}"
        return Ailment("state", where, words, "", unclear.data["next"])
    return Ailment("state", where, found, fix_words(call, state))  # mended before all others


def _begin(call: Call, question: Question) -> None:
    """Take the lock; what cannot be read of lock and state is put right first, or refuses.

    Whose lock it was that cannot be read, nobody knows: that run, too, may have moved traffic back.
    """
    is_freed = False
    with call.alone(seconds=PATIENCE_SECONDS):
        try:
            read_lock(call.paths)
        except Problem as problem:
            _mend(call, iter([unreadable_lock(call, problem)]))
            is_freed = True
        found = refusal(call, question.alive)
        if found:
            raise found
        state = _state(call, question)
        take(call, left_behind(state, call.run) if is_freed else state)


def _state(call: Call, question: Question) -> State:
    try:
        return load_state(call.paths)
    except Problem:
        state = rebuilt(call, has_engine=question.has_engine, told=question.told)
        keep_bad(call.paths.state)
        call.changed = True
        return state


def _mend(call: Call, found: Iterator[Ailment]) -> None:
    """Mend one after the other; what cannot be mended is said, and stays a finding."""
    for one in list(found):
        try:
            if one.mend:
                one.mend()
                call.changed = True
        except (Problem, OSError) as error:
            call.remarks.append(f"{one.where} was not mended: {error}")


def _at_the_edge(call: Call, question: Question) -> Iterator[Ailment]:
    if question.edge:
        edge = _edge(call, question.edge)
        yield from edge_ailments(edge, call.paths.app, question.hosts, settled=_is_settled(call))


def _edge(call: Call, paths: EdgePaths) -> Edge:
    return Edge(paths, Master(MASTER_SOCKET), Fence(call.paths, call.run, call.generation))


def _servers(call: Call, question: Question) -> list[dict[str, Any]] | None:
    """What the edge does for each server; None where it cannot say, as for want of its record."""
    if not question.edge:
        return []
    edge = _edge(call, question.edge)
    try:
        found = edge_report.describe(edge, call.paths.app)
        is_known = found["backend"] or not view(edge.master).servers(backend_name(call.paths.app))
    except Problem:
        return None
    return list(found["servers"]) if is_known else None


def _refusal(call: Call, question: Question) -> Any:
    """Why a repair could not begin; a lock that cannot be read is one of its repairs."""
    try:
        found = refusal(call, question.alive)
    except Problem:
        return None
    return found.data if found else None
