"""Faults on demand: releases that are bad in a known way, for demonstrations and tests.

FAULT names one; the image takes it as a build argument too. FAULT_SECONDS and FAULT_RATE tune it.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULTS = {
    "never_ready": "readiness answers 503 for ever",
    "crash_loop": "the process ends as soon as it starts",
    "ready_then_failing": "after FAULT_SECONDS everything but liveness answers 500",
    "slow": "ready only after FAULT_SECONDS, and every inference takes 0.25 s longer",
    "error_rate": "FAULT_RATE of the inferences answer 500",
    "errors": "everything but health and metrics answers 500",
    "some_errors": "FAULT_RATE of the requests, by chance, answer 500 (not health and metrics)",
    "no_answer": "everything but health and metrics gets its connection closed, and no answer",
    "reset": "everything but health and metrics gets its connection reset",
    "wrong_answers": "every inference names a wrong class",
}
SLOW_INFERENCE_SECONDS = 0.25


class UnusableSettingsError(Exception):
    """Raised at the start when the environment asks for something unknown; correct the variable."""


@dataclass
class Fault:
    """The fault of this process: what it does to readiness and to inferences at this moment."""

    name: str = ""
    seconds: float = 5.0
    rate: float = 0.5
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    started: float = field(init=False)
    _owed: float = field(init=False, default=0.0)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def is_ready(self) -> bool:
        """Whether readiness may be claimed now."""
        return self.name != "never_ready" and not (self.name == "slow" and self._is_early)

    @property
    def is_failing(self) -> bool:
        """Whether everything but liveness fails now."""
        return self.name == "ready_then_failing" and not self._is_early

    @property
    def crashes_at_start(self) -> bool:
        return self.name == "crash_loop"

    @property
    def gives_wrong_answers(self) -> bool:
        return self.name == "wrong_answers"

    @property
    def closes_connections(self) -> bool:
        """Whether requests beside health and metrics get no answer."""
        return self.name in ("no_answer", "reset")

    @property
    def resets_connections(self) -> bool:
        """Whether they get a reset in its place."""
        return self.name == "reset"

    @property
    def inference_delay_seconds(self) -> float:
        return SLOW_INFERENCE_SECONDS if self.name == "slow" else 0.0

    def fails_this_request(self) -> bool:
        """Of a request beside health and metrics; each by chance alone where only some fail."""
        return self.name == "errors" or (self.name == "some_errors" and self.chance() < self.rate)

    def fails_this_inference(self) -> bool:
        """Spreads the failures evenly: of n calls exactly n * rate fail, rounded down."""
        if self.name != "error_rate":
            return False
        with self._lock:
            self._owed += self.rate
            fails = self._owed >= 1
            self._owed -= fails
        return fails

    @property
    def _is_early(self) -> bool:
        return self.clock() - self.started < self.seconds


def from_environment(environment: Mapping[str, str]) -> Fault:
    """The fault that FAULT, FAULT_SECONDS and FAULT_RATE ask for; empty means none."""
    name = environment.get("FAULT", "")
    if name and name not in FAULTS:
        accepted = ", ".join(FAULTS)
        raise UnusableSettingsError(f"FAULT: {name!r} is no fault; accepted: {accepted}, or empty")
    return Fault(
        name,
        seconds=_number(environment, "FAULT_SECONDS", default=5.0, highest=86_400),
        rate=_number(environment, "FAULT_RATE", default=0.5, highest=1),
    )


def _number(environment: Mapping[str, str], name: str, *, default: float, highest: float) -> float:
    text = environment.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1
    if not 0 <= value <= highest:
        raise UnusableSettingsError(
            f"{name}: found {text!r}; accepted: a number from 0 to {highest}"
        )
    return value
