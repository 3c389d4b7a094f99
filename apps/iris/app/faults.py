"""Faults that tests switch on by the variable FAULT, to see a bad release."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

KNOWN = (
    "never_ready",
    "crash_loop",
    "ready_then_failing",
    "slow",
    "error_rate",
    "wrong_answers",
)


@dataclass(frozen=True)
class Fault:
    """One fault. `rate` is a share of requests, `seconds` counts from the start."""

    kind: str = ""
    rate: float = 0.5
    seconds: float = 5.0
    started: float = field(default_factory=time.monotonic)

    @property
    def has_passed(self) -> bool:
        """Whether the time of the fault is over."""
        return time.monotonic() - self.started >= self.seconds

    @property
    def is_ready(self) -> bool:
        """What the readiness probe is told."""
        if self.kind == "never_ready":
            return False
        if self.kind == "slow":
            return self.has_passed
        return not self._fails_now

    @property
    def fails_this_request(self) -> bool:
        """Whether a request gets an error instead of an answer."""
        if self.kind == "error_rate":
            return random.random() < self.rate  # noqa: S311 - a coin, no secret
        return self._fails_now

    @property
    def answers_wrongly(self) -> bool:
        """Whether predictions name another class."""
        return self.kind == "wrong_answers"

    @property
    def _fails_now(self) -> bool:
        return self.kind == "ready_then_failing" and self.has_passed


def read_fault(environment: Mapping[str, str] = os.environ) -> Fault:
    """The fault that FAULT, FAULT_RATE and FAULT_SECONDS ask for; an unknown one ends the start."""
    kind = environment.get("FAULT", "")
    if kind and kind not in KNOWN:
        sys.exit(f"FAULT: {kind!r} is unknown; accepted: {', '.join(KNOWN)}")
    if kind == "crash_loop":
        sys.exit("FAULT=crash_loop: the service ends at once")
    rate, seconds = environment.get("FAULT_RATE", "0.5"), environment.get("FAULT_SECONDS", "5")
    return Fault(kind, float(rate), float(seconds))
