"""The fence of an edge: an application's lock, held to the end of whatever changes the edge."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .clock import HostClock
from .fence import check_fence, check_unlocked
from .lock import Run
from .mutex import Work, held_mutex
from .names import app_name
from .paths import AppPaths
from .problem import Problem

PATIENCE_SECONDS = 30.0  # for a step of this run whose connection broke


@dataclass(frozen=True)
class Fence:
    """Who changes an application at an edge. Nobody in particular may while no run has its lock."""

    paths: AppPaths
    run: Run | None = None
    generation: int | None = None
    step: str = ""

    def check(self) -> None:
        """Problem when the lock is not this run's any more, or is somebody's beside nobody."""
        if self.run is None:
            check_unlocked(self.paths)
        else:
            check_fence(self.paths, self.run, self.generation)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the application's mutex, which comes before the edge's own, and check at once."""
        with contextlib.ExitStack() as stack:
            if self.paths.folder.is_dir():  # else no run was ever here
                clock, run = HostClock(), self.run.id if self.run else ""
                work = Work.now(self.step, run, clock)
                mutex = held_mutex(self.paths, clock, seconds=PATIENCE_SECONDS, work=work)
                stack.enter_context(mutex)
            self.check()
            yield


def fence_of(params: Mapping[str, Any]) -> Fence:
    """Return the fence that a module's arguments describe."""
    root = Path(params.get("lock_root") or params["root"])
    paths = AppPaths(root, app_name(params["app"]))
    step = {"apply": "shift"}.get(params["step"], params["step"])
    if not params.get("run"):
        return Fence(paths, step=step)
    if params.get("generation") is None:
        raise Problem("generation", "not given", "the number that acquire returned")
    return Fence(paths, Run.from_json(params["run"]), int(params["generation"]), step)
