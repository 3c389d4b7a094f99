"""Work that goes on beside the session: what the tests on a lab need, and what needs no lab.

Four commands at a time, in the order in which they are added; the test that waits for a command
shows what it printed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from rollway.checking import environment
from tests.family import Family, Ran, shown

Command = tuple[str, ...]
AT_ONCE = 4
OPTIONS = "PYTEST_ADDOPTS"  # of this session, and not of one that it starts


@dataclass
class Lane:
    """Commands that run beside the tests. `close` it at the end of the session."""

    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE))
    _ran: dict[Command, Future[Ran]] = field(default_factory=dict)
    _families: set[Family] = field(default_factory=set)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _is_closed: bool = False

    def add(self, command: Sequence[str]) -> None:
        """Run a command as soon as there is room for it."""
        words = tuple(command)
        # now: tests that run when it starts change the environment of this process
        env = {name: value for name, value in environment().items() if name != OPTIONS}
        self._ran[words] = self._pool.submit(self._run, words, env)

    def ran(self, command: Sequence[str]) -> Ran:
        """Wait for a command; one that nobody has added runs now."""
        words = tuple(command)
        if words not in self._ran:
            self.add(words)
        return shown(self._ran[words].result())

    def has(self, command: Sequence[str]) -> bool:
        """Whether a command was added."""
        return tuple(command) in self._ran

    def close(self) -> None:
        """End what runs, and leave out what waits."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._mutex:
            self._is_closed = True
            for family in self._families:
                family.end()
        self._pool.shutdown()

    def _run(self, command: Command, env: Mapping[str, str]) -> Ran:
        with self._mutex:
            if self._is_closed:
                raise InterruptedError("the session ended before it began")
            family = Family(command, env=env)
            self._families.add(family)
        try:
            return family.wait()
        finally:
            with self._mutex:
                self._families.discard(family)


LANE = Lane()
