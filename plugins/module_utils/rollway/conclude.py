"""The step `conclude`: what became of the run is recorded, and the host is free again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from .accessories import as_it_serves
from .adoption import KINDS, empty_slots, has_plain, take_place
from .adoption_end import Settled, or_as_before, settle_plain
from .audit import note
from .call import Call
from .clock import timestamp
from .files import write_atomic
from .interrupted import left_behind
from .job_records import learn_jobs
from .leave import drain_away, keep_warm
from .lock import read_hold, read_lock, remove_lock, write_lock
from .names import SLOTS, other_slot
from .owner import owned
from .place import Place
from .problem import Problem
from .prune import Surplus, images_only_of, remove, unmounted
from .releases import counter, surplus
from .room import revive
from .singletons import start_plain_again
from .slot import emptied, remove_project, tear_down, with_state
from .state import (
    BAD,
    CANDIDATE,
    DRAINING,
    EMPTY,
    GOOD,
    RUNNING,
    STARTING,
    STOPPED,
    VOIDED,
    WARM,
    Phase,
    Slot,
    State,
    save_state,
)
from .timer import disarm
from .workers import give_back

ABORTED = "aborted"
SHIFT = "shift"
HELD = "held"
OUTCOMES = (GOOD, BAD, ABORTED, HELD)
# Runs that changed nothing here are no history: ended before, or about other hosts.
UNCHANGED = ("refused", "locked", "outside", "already")
RUNS_KEPT = 200


@dataclass(frozen=True)
class Conclusion:
    """How a run ended on this host. `active_slot` serves from now on (good and held only).

    `hold` says what a person has to decide: the lock stays, with it. `jobs` are those of the
    release that are done, wherever they ran. `placed` is singleton → the hosts where it may run
    now. `adopt` names the plain project whose place the release takes, and whether its web
    containers stay; with `leaves` a person has decided that it does not.
    """

    outcome: str
    record: Mapping[str, Any]
    release: str | None = None
    slot: str | None = None
    active_slot: str | None = None
    keep_warm_seconds: float = 300.0
    retention: int = 5
    voids: tuple[str, ...] = ()
    hold: Mapping[str, Any] | None = None
    jobs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    placed: Mapping[str, Iterable[str]] | None = None
    adopt: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None


def conclude(call: Call, end: Conclusion, *, has_engine: bool) -> dict[str, Any]:
    """Record the outcome, let what no longer serves leave, prune, and unlock.

    `aborted` only records: traffic may stand on either slot then, so nothing is stopped, not by
    a timer either. It needs no lock: a run may end before it had one.
    """
    if end.outcome == ABORTED and not _is_ours(call):
        return {"pruned": [], "unlocked": False}
    before = state = call.fence()
    call.changed = True
    if call.check:
        return {"pruned": [], "unlocked": True}
    pruned: list[str] = []
    plain = Settled()
    left = _aborted if end.outcome == ABORTED else _as_placed
    state = left(call, state, end)  # where singletons are, before workers return to a slot
    if end.outcome != ABORTED and has_engine:
        with or_as_before(call, state, end.outcome):
            state = _settle(call, state, end)
            state = as_it_serves(call, state, end.place, release=end.release, how=end.outcome)
        plain, state = settle_plain(call, state, end.adopt, release=end.release, how=end.outcome)
        if end.outcome != HELD:
            start_plain_again(call, before, state)
            with call.timed("prune"):
                state, pruned = _prune(call, state, end)
    if end.outcome != ABORTED:
        state = _as_the_run_knows(call, state, end)
    _learn(call, end)
    if end.record.get("result") not in UNCHANGED:
        _record(call, end)
    hold = _hold_left(call, end)
    _unlock(call, state, hold=hold)
    serves = state.slots[state.active].release if state.active else None
    phase = asdict(state.phase) if state.phase else None
    told = {"pruned": pruned, "unlocked": hold is None, "serves": serves, "phase": phase}
    return plain.beside(told)


def _as_placed(call: Call, state: State, end: Conclusion) -> State:
    """A run that came to its end knows where singletons run; after another they may be on either.

    It is saved where it differs: a full disk must not keep the slot that serves from its return.
    """
    if end.placed is None:
        return state
    known = {name: tuple(on) for name, on in end.placed.items() if on}
    return call.save(replace(state, placed=known)) if known != state.placed else state


def _as_the_run_knows(call: Call, state: State, end: Conclusion) -> State:
    """Return the state with what a run that came to its end was about, and for whom."""
    state = owned(call, state)
    if not end.release:
        return state
    return replace(state, last_release=_newest(state.last_release, end.release))


def _is_ours(call: Call) -> bool:
    holder = read_lock(call.paths)
    return holder is not None and holder.id == call.run.id


def _aborted(call: Call, state: State, end: Conclusion) -> State:
    """Return the state for whoever continues or goes back.

    The record names the last step that ended; one that the run has entered here is later, unless
    its traffic has moved.
    """
    if end.record.get("result") in UNCHANGED or read_hold(call.paths):
        return state
    step, left = end.record.get("step"), left_behind(state, call.run)
    is_known = state.phase is not None and state.phase.run == call.run.id and step != SHIFT
    if not step or left.phase is None or is_known:
        return left
    phase = Phase(call.run.id, str(step), timestamp(call.tools.clock), end.release)
    return replace(left, phase=phase)


def _settle(call: Call, state: State, end: Conclusion) -> State:
    """Return the state as the run leaves it, its phase over."""
    state = {GOOD: _good, BAD: _bad, HELD: _held}[end.outcome](call, state, end)
    for release in end.voids if end.outcome == GOOD else ():  # otherwise it was not left
        state = state.with_outcome(release, _spoiled(state, release))
    for slot in SLOTS:
        if state.slots[slot].state == EMPTY:  # left over from a run that was killed
            remove_project(call, call.paths.project(slot))
    return call.save(replace(state, phase=None))


def _good(call: Call, state: State, end: Conclusion) -> State:
    """Let the other slot stay warm; a host the release never reached goes on as it was.

    One that stopped first and was not brought back is such a host, also in a restart, where both
    slots have the release.
    """
    if end.release is None:
        raise Problem("release_id", "none was named", "the release that is good now")
    state = state.with_outcome(end.release, GOOD)
    slot = state.slots[end.active_slot] if end.active_slot else Slot()
    if end.active_slot is None or slot.release != end.release or slot.state == STOPPED:
        return _leave_candidates(call, state, end)
    take_place(call, end.adopt, end.release)
    if slot.state in (WARM, DRAINING):
        call.fence()
        disarm(call.tools.run, call.paths.app, end.active_slot)
    state = replace(state, active=end.active_slot, last_good=end.release)
    state = with_state(state, end.active_slot, RUNNING)
    other = other_slot(end.active_slot)
    if state.slots[other].state in (RUNNING, STARTING) or state.slots[other].may_serve:
        state = keep_warm(call, state, other, seconds=end.keep_warm_seconds)
    if state.slots[other].state == STOPPED:  # there was no room to keep it warm
        tear_down(call, other)
        state = emptied(state, other)
    return state


def _held(call: Call, state: State, end: Conclusion) -> State:
    """Record where traffic stands; both slots stay up until a person has decided."""
    slot = end.active_slot
    if slot is None or state.slots[slot].state not in (RUNNING, WARM, DRAINING):
        return state
    if state.slots[slot].state != RUNNING:
        call.fence()
        disarm(call.tools.run, call.paths.app, slot)
    return with_state(replace(state, active=slot), slot, RUNNING)


def _spoiled(state: State, release: str) -> str:
    """What is left behind was never good, or was and is not to come back."""
    known = state.releases.get(release)
    return BAD if known and known.outcome in (CANDIDATE, BAD) else VOIDED


def _bad(call: Call, state: State, end: Conclusion) -> State:
    """Mark a release that was on trial; one that had been good before stays so."""
    entry = state.releases.get(end.release or "")
    if end.release and entry and entry.outcome == CANDIDATE:
        state = state.with_outcome(end.release, BAD)
    return _leave_candidates(call, state, end)


def _leave_candidates(call: Call, state: State, end: Conclusion) -> State:
    """Let the slot that does not serve drain, if something came up in it; a warm one stays warm.

    Workers return to the slot that serves: a rollback may have changed them to a warm one. A slot
    that was stopped first and still stands still, since nobody could undo that, runs again.
    """
    if state.active is None and has_plain(call, *KINDS):
        return empty_slots(call, state)  # a plain project runs on, or is about to again
    if end.active_slot and state.slots[end.active_slot].state == STOPPED:
        return revive(call, state, end.active_slot)
    for slot in SLOTS:
        if slot == state.active or state.slots[slot].state == EMPTY:
            continue
        give_back(call, slot, state.active)
        if state.slots[slot].state in (RUNNING, STARTING):
            state = drain_away(call, state, slot)
        elif state.slots[slot].may_serve:  # until now: traffic has gone back from it
            state = keep_warm(call, state, slot, seconds=end.keep_warm_seconds)
    return state


def _prune(call: Call, state: State, end: Conclusion) -> tuple[State, list[str]]:
    """Remove releases beyond retention, and the images that only they named."""
    keep = (end.release,) if end.release else ()
    gone = unmounted(call, surplus(call.paths, state, retention=end.retention, keep=keep))
    if not gone:
        return state, []
    found = Surplus(tuple(gone), tuple(images_only_of(call, gone)), slots=())
    return remove(call, state, found), gone


def _learn(call: Call, end: Conclusion) -> None:
    if end.jobs and end.release:
        learn_jobs(call, end.release, end.jobs)


def _record(call: Call, end: Conclusion) -> None:
    """Write the run's record, and one line that is never removed."""
    call.fence()
    record = {**end.record, "run": call.run.to_json(), "outcome": end.outcome}
    path = call.paths.runs / f"{call.run.id}.json"
    write_atomic(path, json.dumps(record, indent=1, sort_keys=True) + "\n", mode=0o600)
    for old in sorted(call.paths.runs.glob("*.json"))[:-RUNS_KEPT]:
        old.unlink()
    note(call, outcome=end.outcome, release=end.release)


def _newest(known: str | None, release: str) -> str:
    return max(known or release, release, key=counter)


def _hold_left(call: Call, end: Conclusion) -> dict[str, Any] | None:
    """What still has to be decided: this run's question, or one that its end has not answered.

    A good end answers it, and so does one that calls the held release itself bad, or that gives
    the plain project back.
    """
    if end.outcome == HELD:
        return dict(end.hold or {})
    known = read_hold(call.paths)
    if known is None or end.outcome == GOOD or end.adopt.get("leaves"):
        return None
    is_answered = end.outcome == BAD and end.release == known["release"]
    return None if is_answered else {**known, "decided_by": None}


def _unlock(call: Call, state: State, *, hold: Mapping[str, Any] | None) -> None:
    """Raise the generation, then free the lock: a late step of this run finds neither.

    What is held stays locked, for the run that decides.
    """
    call.fence()
    save_state(call.paths, replace(state, generation=state.generation + 1))
    if hold is None:
        remove_lock(call.paths)
    else:
        write_lock(call.paths, call.run, hold=hold)
