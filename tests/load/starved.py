"""A load that came too late says more about this machine than about the service."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

TIMES = 3
T = TypeVar("T")


class StarvedError(AssertionError):
    """The load itself came too late: what was lost says nothing of the service. Try it again."""


def judged(
    once: Callable[[], T], *, say: Callable[[str], None], rest: Callable[[], None] = lambda: None
) -> T:
    """Do it, and again after a `rest` where the machine stood still meanwhile; `say` tells so."""
    for _ in range(TIMES):
        try:
            return once()
        except StarvedError as starved:
            say(f"starved, and done again: {starved}; {starved.__cause__}")
        rest()
    return once()
