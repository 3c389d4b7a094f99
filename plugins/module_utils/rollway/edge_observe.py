"""What servers do in the time after a shift: requests, errors, and whether their checks fail."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .haproxy_socket import Master
from .haproxy_state import Counters, Running, View, view

POLL_SECONDS = 0.15
MOST_UNANSWERED = 1  # checks, as `fall 2` has it


@dataclass
class Watch:
    """Counters of some servers since it began, over the workers that come and go meanwhile.

    `answered` are the failed checks of each when its last check had an answer.
    """

    names: Collection[str]
    pid: int = 0
    before: dict[str, Counters] = field(default_factory=dict)
    now: dict[str, Counters] = field(default_factory=dict)
    ended: dict[str, list[Counters]] = field(default_factory=dict)
    went_down: set[str] = field(default_factory=set)
    answered: dict[str, int] = field(default_factory=dict)

    def look(self, pid: int, running: Mapping[str, Running]) -> None:
        """Take in one look; a new worker counts from zero again."""
        seen = {name: running[name] for name in self.names if name in running}
        if pid != self.pid:
            is_first = self.pid == 0
            self._keep()
            self.pid = pid
            self.answered = {}
            self.before = {
                name: one.counters if is_first else Counters() for name, one in seen.items()
            }
        self.now = {name: one.counters for name, one in seen.items()}
        self.answered |= {
            name: self._since(name).failed_checks for name, one in seen.items() if not one.is_silent
        }
        self.went_down |= {name for name, one in seen.items() if self._is_lost(one)}

    def has_failed(self) -> bool:
        """Whether anything went wrong so far; it would fail the watch at its end, too."""
        spans = [self._since(name) for name in self.now]
        return bool(self.went_down) or any(map(_errors, spans))

    def result(self) -> dict[str, dict[str, Any]]:
        """What each server did, by name."""
        self._keep()
        return {name: self._sum(name) for name in self.names}

    def _keep(self) -> None:
        for name in self.now:
            self.ended.setdefault(name, []).append(self._since(name))
        self.now = {}

    def _is_lost(self, one: Running) -> bool:
        """Whether it is down, or up only because no other one answers either: decision 0010."""
        failed = self._since(one.name).failed_checks - self.answered.get(one.name, 0)
        return one.is_down or (one.is_ready and failed > MOST_UNANSWERED)

    def _since(self, name: str) -> Counters:
        return self.now[name].since(self.before.get(name, Counters()))

    def _sum(self, name: str) -> dict[str, Any]:
        spans = self.ended.get(name, [])
        total = Counters(
            requests=sum(one.requests for one in spans),
            current=spans[-1].current if spans else 0,
            errors_5xx=sum(one.errors_5xx for one in spans),
            connect_errors=sum(one.connect_errors for one in spans),
            response_errors=sum(one.response_errors for one in spans),
            failed_checks=sum(one.failed_checks for one in spans),
        )
        return {**asdict(total), "went_down": name in self.went_down}


def _errors(counted: Counters) -> int:
    return counted.errors_5xx + counted.connect_errors + counted.response_errors


def observe(
    master: Master, backend: str, names: Collection[str], *, seconds: float, before: View
) -> dict[str, dict[str, Any]]:
    """Watch servers for `seconds`, counting from `before`; the first failure ends it early."""
    watch = Watch(names)
    watch.look(before.pid, before.servers(backend))
    end = time.monotonic() + seconds
    while not watch.has_failed() and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        seen = view(master)
        watch.look(seen.pid, seen.servers(backend))
    return watch.result()


def failures(observed: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What went wrong with which server, in words."""
    return [f"{name}: {words}" for name, seen in observed.items() if (words := _words(seen))]


def _words(seen: Mapping[str, Any]) -> str:
    errors = seen["errors_5xx"] + seen["connect_errors"] + seen["response_errors"]
    counted = f"{errors} of {seen['requests']} requests failed" if errors else ""
    return ", ".join(["its check failed"] * seen["went_down"] + [counted] * bool(counted))
