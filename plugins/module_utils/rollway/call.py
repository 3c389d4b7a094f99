"""One call of a step on one host: who asks, what it works with, what it may still change."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .clock import Clock, timestamp
from .command import Runner
from .engine import Engine
from .listening import Sockets, sockets
from .lock import Run, read_lock
from .paths import AppPaths
from .probe import Accepts, HttpGet, accepts_connections, ready_answer
from .problem import Problem
from .state import Phase, State, load_state, save_state


@dataclass(frozen=True)
class HostTools:
    """What reaches the host: its engine, its programs, its clocks, its network."""

    engine: Engine
    run: Runner
    clock: Clock
    http_get: HttpGet = ready_answer
    accepts: Accepts = accepts_connections
    sockets_of: Sockets = sockets


@dataclass
class Call:
    """What all steps share. `check` forbids every change; `generation` is what acquire returned.

    `changed`, `timings` (seconds by name) and `remarks` are gathered for the result.
    """

    paths: AppPaths
    run: Run
    tools: HostTools
    generation: int | None = None
    check: bool = False
    changed: bool = False
    timings: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the seconds the block takes to the timing `name`."""
        began = self.tools.clock.monotonic()
        try:
            yield
        finally:
            spent = self.tools.clock.monotonic() - began
            self.timings[name] = round(self.timings.get(name, 0.0) + spent, 3)

    def fence(self) -> State:
        """Return the state if this run may still change it.

        Raises Problem when another run holds the lock, or the host changed hands since acquire:
        a controller that slept through a takeover must not change anything. In check mode no
        lock was taken, and nothing will be changed.
        """
        if self.check:
            return load_state(self.paths)
        holder = read_lock(self.paths)
        if holder is None or holder.id != self.run.id:
            held = "nobody" if holder is None else holder.named()
            raise self._lost(f"lost the lock: held by {held}")
        state = load_state(self.paths)
        if self.generation is not None and state.generation != self.generation:
            raise self._lost(
                f"lost the lock: generation {state.generation}, acquired {self.generation}"
            )
        return state

    def save(self, state: State) -> State:
        """Write `state` if the lock is still ours, and return it."""
        self.fence()
        save_state(self.paths, state)
        self.changed = True
        return state

    def enter(self, step: str, release: str | None) -> State:
        """Record that this run is in `step` before its work starts, so that a kill shows."""
        state = self.fence()
        phase = Phase(self.run.id, step, timestamp(self.tools.clock), release)
        if state.phase and replace(state.phase, since=phase.since) == phase:
            return state
        return self.save(replace(state, phase=phase))

    def _lost(self, found: str) -> Problem:
        return Problem(str(self.paths.lock), found, f"run {self.run.id}", "./invoke status")
