"""The mutex of an application on a host: one step at a time, for its whole length."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from .clock import Clock
from .files import exclusive
from .lock import read_lock
from .paths import AppPaths
from .problem import Problem

LOCKED = "locked"
RETRY_SECONDS = 0.05


@contextlib.contextmanager
def held_mutex(paths: AppPaths, clock: Clock, *, seconds: float) -> Iterator[None]:
    """Hold the mutex, waiting at most `seconds` for a step that still runs on the host.

    Such a step may belong to a controller that is long gone; the kernel frees it when it ends.
    """
    deadline = clock.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(exclusive(paths.mutex, wait=False))
                break
            except BlockingIOError:
                if clock.monotonic() >= deadline:
                    raise _busy(paths) from None
                clock.sleep(RETRY_SECONDS)
        yield


def _busy(paths: AppPaths) -> Problem:
    holder = read_lock(paths)
    by = f" for {holder.named()}" if holder else ""
    return Problem(
        str(paths.mutex),
        f"a step still runs on this host{by}",
        "no other step",
        "wait for it to end, then run this again",
        details={"outcome": LOCKED, "lock": holder.to_json() if holder else None},
    )
