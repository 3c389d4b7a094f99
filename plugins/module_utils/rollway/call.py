"""One call of a step on one host: who asks, what it works with, what it may still change."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from .clock import Clock, timestamp
from .command import Runner
from .engine import Engine
from .fence import check_fence
from .listening import Sockets, sockets
from .lock import Run
from .mutex import Held, Work, held_mutex
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

    `changed`, `timings` (seconds by name) and `remarks` are gathered for the result. `step` is what
    others are told while this call has the application's mutex, which is `held` then.
    """

    paths: AppPaths
    run: Run
    tools: HostTools
    generation: int | None = None
    check: bool = False
    changed: bool = False
    timings: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    step: str = ""
    held: Held | None = None

    @contextlib.contextmanager
    def alone(
        self, *, seconds: float | None, refusal: Callable[[], Problem | None] = lambda: None
    ) -> Iterator[None]:
        """Hold the application's mutex for the length of the block; wait for it so long at most."""
        clock = self.tools.clock
        work = Work.now(self.step, self.run.id, clock)
        mutex = held_mutex(self.paths, clock, seconds=seconds, work=work, refusal=refusal)
        with mutex as held:
            self.held = held
            try:
                yield
            finally:
                self.held = None

    def goes_on(self, step: str, seconds: float) -> None:
        """Tell who waits for this step that another one begins in it, which may take so long."""
        if self.held:
            self.held.goes_on(step, self.tools.clock, seconds)

    def expect(self, seconds: float) -> None:
        """Tell who waits for this step that something begins which may take so long."""
        if self.held:
            self.held.expect(self.tools.clock, seconds)

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

        Raises Problem when it lost the lock. In check mode none was taken, and nothing will be
        changed.
        """
        if self.check:
            return load_state(self.paths)
        return check_fence(self.paths, self.run, self.generation)

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
