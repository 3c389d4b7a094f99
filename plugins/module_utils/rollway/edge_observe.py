"""What servers do after a shift, beside those that still run the release before: who fails more."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .edge_failures import Failures, exceeds
from .haproxy_socket import Master
from .haproxy_state import Counters, Running, View, view

POLL_SECONDS = 0.15
MOST_UNANSWERED = 1  # checks, as `fall 2` has it
FEW = 10  # old servers with less than this part of the new ones' requests say too little alone
ENOUGH = 100  # requests


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

    def result(self) -> dict[str, dict[str, Any]]:
        """What each server did, by name."""
        return {
            name: {**self.failures({name}).to_json(), "went_down": name in self.went_down}
            for name in self.names
        }

    def failures(self, names: Collection[str]) -> Failures:
        """Requests and failures of some servers together."""
        return Failures.of(span for name in names for span in self._spans(name))

    def _keep(self) -> None:
        for name in self.now:
            self.ended.setdefault(name, []).append(self._since(name))
        self.now = {}

    def _spans(self, name: str) -> list[Counters]:
        return [*self.ended.get(name, []), *([self._since(name)] if name in self.now else [])]

    def _is_lost(self, one: Running) -> bool:
        """Whether it is down, or up only because no other one answers either: decision 0010."""
        failed = self._since(one.name).failed_checks - self.answered.get(one.name, 0)
        return one.is_down or (one.is_ready and failed > MOST_UNANSWERED)

    def _since(self, name: str) -> Counters:
        return self.now[name].since(self.before.get(name, Counters()))


@dataclass(frozen=True)
class Sides:
    """Servers of the release that comes, and of the one before; the others get no requests.

    `base` is what the old ones did before, for where they get few requests or none any more. A run
    compares both sides `looks` times.
    """

    new: frozenset[str]
    old: frozenset[str]
    base: Failures = field(default_factory=Failures)
    looks: int = 1

    def reference(self, watch: Watch) -> Failures:
        """What the new ones are compared with: the same seconds, where they say enough."""
        new, old = watch.failures(self.new), watch.failures(self.old)
        return old if old.requests * FEW >= new.requests else old + self.base

    def following(self, watch: Watch) -> Failures:
        """The base of the next look: what the old ones did last, in so many requests at least."""
        old = watch.failures(self.old)
        return old if old.requests >= ENOUGH else old + self.base

    def trouble(self, watch: Watch, *, early: bool = False) -> list[str]:
        """What is wrong with the new ones, in words; `early` where they will be looked at again."""
        seen, reference = watch.result(), self.reference(watch)
        both = self.old & watch.went_down  # what took those down, too, is not the release
        words = [f"{name}: its check failed" for name in sorted(self.new & watch.went_down)]
        words = [] if both else words
        new = watch.failures(self.new)
        if not exceeds(new, reference, looks=self.looks, early=early):
            return words
        words += [
            f"{name}: {seen[name]['failed']} of {seen[name]['requests']} requests failed"
            for name in sorted(self.new)
            if name in seen and seen[name]["failed"]
        ]
        before = f"{reference.failed} of {reference.requests} of the release before"
        return [*words, before if reference.requests else "nothing to compare them with"]


def observe(master: Master, backend: str, sides: Sides, *, seconds: float, before: View) -> Watch:
    """Watch servers for `seconds`, counting from `before`; trouble ends it early."""
    watch = Watch(sides.new | sides.old)
    watch.look(before.pid, before.servers(backend))
    end = time.monotonic() + seconds
    while not sides.trouble(watch, early=True) and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        seen = view(master)
        watch.look(seen.pid, seen.servers(backend))
    return watch
