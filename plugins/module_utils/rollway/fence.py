"""The fence around an application's changes: who has its lock, and since which generation."""

from __future__ import annotations

from .lock import Run, read_lock
from .paths import AppPaths
from .problem import Problem
from .state import State, load_state


def check_fence(paths: AppPaths, run: Run, generation: int | None) -> State:
    """Return the state if `run` may still change it.

    Raises Problem when another run holds the lock, or the host changed hands since acquire: a
    controller that slept through a takeover must not change anything.
    """
    holder = read_lock(paths)
    if holder is None or holder.id != run.id:
        held = "nobody" if holder is None else holder.named()
        raise _lost(paths, run, f"held by {held}")
    state = load_state(paths)
    if generation is not None and state.generation != generation:
        raise _lost(paths, run, f"generation {state.generation}, acquired {generation}")
    return state


def check_unlocked(paths: AppPaths) -> None:
    """Problem as soon as a run has the lock: whoever is none of them changes nothing then."""
    holder = read_lock(paths)
    if holder is not None:
        raise Problem(str(paths.lock), f"held by {holder.named()}", "no run", "./invoke status")


def _lost(paths: AppPaths, run: Run, found: str) -> Problem:
    return Problem(str(paths.lock), f"lost the lock: {found}", f"run {run.id}", "./invoke status")
