"""What becomes of an adopted project's containers when a run has come to its end on a host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .adopted import ACCESSORY, read_adopted
from .adoption import (
    bring_back,
    give_back,
    has_plain,
    is_taken,
    note_plain,
    retire,
    return_accessories,
    start_plain,
)
from .call import Call
from .manifest import WORKER
from .problem import Problem
from .releases import load_manifest
from .state import BAD, GOOD, State


@dataclass(frozen=True)
class Settled:
    """What was done with the project, for the result; or what hindered it."""

    told: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem | None = None

    def beside(self, result: Mapping[str, Any]) -> dict[str, Any]:
        """Return the result of a host that is recorded and unlocked, with this; or raise it."""
        if self.problem:
            raise self.problem
        return {**result, **self.told}


@contextmanager
def or_as_before(call: Call, state: State, how: str) -> Iterator[None]:
    """Let the project run again at least, where the end of a bad run cannot be recorded.

    The disk may be full; `state` is the one that the run ends with.
    """
    try:
        yield
    except OSError:
        if how == BAD and state.active is None and not is_taken(call):
            bring_back(call)
        raise


def after_boot(call: Call, state: State) -> list[str]:
    """Start what a run that was taking the project's place had stopped; return what started.

    The host went down on the way: containers that wait for a run would wait until a person comes.
    A run that still goes on stops them again.
    """
    if state.active is not None or is_taken(call):
        return []
    started: list[str] = []
    if state.accessories_hash is None and has_plain(call, ACCESSORY):
        return_accessories(call)  # one that came up half may return with the engine
        started += start_plain(call, ACCESSORY)
    return started + start_plain(call, WORKER)


def settle_plain(
    call: Call, state: State, asked: Mapping[str, Any], *, release: str | None, how: str
) -> tuple[Settled, State]:
    """Remove the project's containers where a release serves now; elsewhere let them run again.

    What hinders that is told when the host is recorded and unlocked: the same command again
    finishes it.
    """
    if how not in (GOOD, BAD):
        return Settled(), state
    try:
        if how == GOOD and state.active:
            return _retire(call, asked, release), state
        state, started = give_back(call, state)
    except Problem as problem:
        return Settled(problem=problem), call.fence()
    return Settled({"plain": {"started": started}} if started else {}), state


def _retire(call: Call, asked: Mapping[str, Any], release: str | None) -> Settled:
    """Those that came up again since they were recorded go, too, where this run is about them.

    Any other run finishes what a good one has begun, and no more.
    """
    if asked.get("project") and release:
        note_plain(call, load_manifest(call.paths, release), asked, is_taken=True)
    known = read_adopted(call.paths)
    done = retire(call, keeps_web=known.keeps_web) if known and known.taken else {}
    return Settled({"plain": done} if done else {})
