"""Whether servers fail a greater share of their requests than others do: an exact test.

Fisher's, one-sided: how likely so many of all failures would fall to the new servers if both
failed alike (Agresti, Categorical Data Analysis, 3.5).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .haproxy_state import Counters

LEVEL = 0.01
LEAST = 3  # fewer failures than these are never a share
TOLERATED = 0.01  # the share of servers that nothing can be compared with


@dataclass(frozen=True)
class Failures:
    """Requests of some servers in the same seconds, and how many of them failed."""

    requests: int = 0
    failed: int = 0

    @classmethod
    def of(cls, counted: Iterable[Counters]) -> Failures:
        """The sum; what is under way has not failed."""
        spans = list(counted)
        return cls(sum(one.requests for one in spans), sum(one.failed for one in spans))

    def __add__(self, other: Failures) -> Failures:
        return Failures(self.requests + other.requests, self.failed + other.failed)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Failures:
        return cls(int(value["requests"]), int(value["failed"]))

    def to_json(self) -> dict[str, int]:
        """What `from_json` takes."""
        return asdict(self)


def exceeds(new: Failures, old: Failures, *, looks: int = 1, early: bool = False) -> bool:
    """Whether the new ones fail a greater share, by chance in one of a hundred runs at most.

    Each of the `looks` of a run has its part of that. One that will be followed by others of the
    same servers (`early`) asks for more: the n-th failure ends a watch at a level of 1/(n(n+1)) of
    it, so that all of them together are at most as likely as one.
    """
    if new.failed < LEAST:
        return False
    level = LEVEL / looks / (new.failed * (new.failed + 1) if early else 1)
    chance = _fisher(new, old) if old.requests else _binomial(new)
    return chance <= level


def _fisher(new: Failures, old: Failures) -> float:
    """The probability of `new.failed` or more, given both sums."""
    total, failed = new.requests + old.requests, new.failed + old.failed
    whole = _choices(total, failed)
    most = min(new.requests, failed)
    return math.fsum(
        math.exp(_choices(new.requests, k) + _choices(old.requests, failed - k) - whole)
        for k in range(new.failed, most + 1)
        if failed - k <= old.requests
    )


def _binomial(new: Failures) -> float:
    """The probability of so many or more, each failing with the tolerated share."""
    n = new.requests
    return math.fsum(
        math.exp(_choices(n, k) + k * math.log(TOLERATED) + (n - k) * math.log1p(-TOLERATED))
        for k in range(new.failed, n + 1)
    )


def _choices(n: int, k: int) -> float:
    """The logarithm of the binomial coefficient."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
