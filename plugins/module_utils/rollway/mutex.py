"""The mutex of an application on a host: one step at a time, for its whole length.

Its file says which step that is, for whoever waits: since when, and how long it may take.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .clock import Clock, Moment
from .files import exclusive
from .lock import read_lock
from .paths import AppPaths
from .problem import Problem

LOCKED = "locked"
RETRY_SECONDS = 0.05
LONGEST_SECONDS = 600.0  # what a step may take that has no longer deadline of its own
PULL_SECONDS = 3600.0  # an image has none: its pull ends when it makes no progress any more
STAGE = "stage"
HOST_UNIT = "host-unit"  # the run's name in calls that a host makes by itself


@dataclass(frozen=True)
class Work:
    """A step that has the mutex: of which run, in which process, since when, and until when."""

    step: str
    run: str
    process: int
    began: Moment
    until: Moment

    @classmethod
    def now(cls, step: str, run: str, clock: Clock) -> Work:
        """Return a step that begins at present."""
        began = Moment.now(clock)
        longest = PULL_SECONDS if step == STAGE else LONGEST_SECONDS
        return cls(step, run, os.getpid(), began, began.after(longest))

    @classmethod
    def from_json(cls, value: Any) -> Work | None:
        """Return what the file says; None where that is nothing whole."""
        try:
            began, until = Moment.from_json(value["began"]), Moment.from_json(value["until"])
            known = (str(value["step"]), str(value["run"]), int(value["process"]))
        except (KeyError, TypeError, ValueError):
            return None
        return cls(*known, began, until) if began and until else None

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**vars(self), "began": self.began.to_json(), "until": self.until.to_json()}


@dataclass
class Held:
    """The mutex while it is held, and what is said of it."""

    work: Work
    descriptor: int

    def goes_on(self, step: str, clock: Clock, seconds: float) -> None:
        """Say that another step begins in the same call, which may take so long beside all else."""
        until = Moment.now(clock).after(seconds + LONGEST_SECONDS)
        self.work = replace(self.work, step=step, until=until)
        self.write()

    def expect(self, clock: Clock, seconds: float) -> None:
        """Say that something begins which may take so long, beside all else."""
        later = Moment.now(clock).after(seconds + LONGEST_SECONDS)
        if later.seconds_left(clock) > self.work.until.seconds_left(clock):
            self.work = replace(self.work, until=later)
            self.write()

    def write(self) -> None:
        """Write it; a disk that is full keeps nobody from working."""
        content = json.dumps(self.work.to_json()).encode()
        self.clear()
        with contextlib.suppress(OSError):
            os.pwrite(self.descriptor, content, 0)

    def clear(self) -> None:
        """Take back what was said: nobody has the mutex any more."""
        with contextlib.suppress(OSError):
            os.ftruncate(self.descriptor, 0)


@contextlib.contextmanager
def held_mutex(
    paths: AppPaths,
    clock: Clock,
    *,
    seconds: float | None,
    work: Work,
    refusal: Callable[[], Problem | None] = lambda: None,
) -> Iterator[Held]:
    """Hold the mutex, waiting at most `seconds` for a step that still runs on the host.

    Such a step may belong to a controller that is long gone; the kernel frees it when it ends.
    Where the wait is in vain, a `refusal` says more than that a step runs.
    """
    end = None if seconds is None else clock.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        while True:
            try:
                wait = end is None
                descriptor = stack.enter_context(exclusive(paths.mutex, wait=wait))
                break
            except BlockingIOError:
                if end is not None and clock.monotonic() >= end:
                    raise (refusal() or _busy(paths, clock)) from None
                clock.sleep(RETRY_SECONDS)
        held = Held(work, descriptor)
        held.write()
        try:
            yield held
        finally:
            held.clear()


def _busy(paths: AppPaths, clock: Clock) -> Problem:
    """Who has it; `busy` is what a controller waits by: seconds since the step began, and left."""
    holder, work = read_lock(paths), _work(paths.mutex)
    busy: dict[str, Any] = {"step": "", "seconds": None, "left": None, "process": None}
    who = holder.named() if holder else ""
    found = f"a step still runs on this host{f' for {who}' if who else ''}"
    if work:
        since, left = -work.began.seconds_left(clock), work.until.seconds_left(clock)
        busy |= {"step": work.step, "process": work.process}
        busy |= {"seconds": round(since, 1), "left": round(left, 1)}
        whose = who if holder and holder.id == work.run else _name(work.run)
        found = (
            f"the step {work.step}{whose and f' of {whose}'} still runs on this host, "
            f"for {since:.0f} s now (process {work.process})"
        )
    return Problem(
        str(paths.mutex),
        found,
        "no other step",
        "wait for it to end, then run this again",
        details={
            "outcome": LOCKED,
            "lock": holder.to_json() if holder else None,
            "busy": busy,
        },
    )


def _name(run: str) -> str:
    own = "the host's own unit"
    return own if run == HOST_UNIT else run and f"run {run}"


def _work(path: Path) -> Work | None:
    try:
        return Work.from_json(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return None
