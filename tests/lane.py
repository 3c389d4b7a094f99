"""Work of later tests that is done while unit tests keep one processor busy.

One command after the other, in a thread; the test that waits for a command shows what it printed.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from rollway.checking import environment
from tests.family import Family, Ran, run_family, shown

Command = tuple[str, ...]


@dataclass
class Lane:
    """Commands in the order in which they are added. `close` it at the end of the session."""

    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    _ran: dict[Command, Future[Ran]] = field(default_factory=dict)
    _cleanup: list[Command] = field(default_factory=list)
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _family: Family | None = None
    _is_closed: bool = False

    def add(self, command: Sequence[str], *, is_cleanup: bool = False) -> None:
        """Run a command after those before it; one that cleans up whatever happens meanwhile."""
        words = tuple(command)
        # tests that run when it starts change the environment of this process
        self._ran[words] = self._pool.submit(self._run, words, environment())
        if is_cleanup:
            self._cleanup.append(words)

    def ran(self, command: Sequence[str]) -> Ran:
        """Wait for a command that was added."""
        return shown(self._ran[tuple(command)].result())

    def close(self) -> None:
        """End what runs, leave out what waits, and clean up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._mutex:
            self._is_closed = True
            if self._family and self._family.command not in self._cleanup:
                self._family.end()
        self._pool.shutdown()
        for command in self._cleanup:
            if self._ran[command].cancelled() or self._ran[command].exception():  # never began
                run_family(command)

    def _run(self, command: Command, env: Mapping[str, str]) -> Ran:
        with self._mutex:
            self._family = None if self._is_closed else Family(command, env=env)
        if self._family is None:
            raise InterruptedError("the session ended before it began")
        try:
            return self._family.wait()
        finally:
            with self._mutex:
                self._family = None


def commands_of(session: pytest.Session, folder: Path) -> list[Command]:
    """The parameter `command` of the chosen tests of a folder; none where nothing is to run."""
    if session.config.option.collectonly or session.testsfailed:
        return []
    tests = [item for item in session.items if isinstance(item, pytest.Function)]
    chosen = [item for item in tests if item.path.parent == folder and hasattr(item, "callspec")]
    return [cast("Command", one.callspec.params["command"]) for one in chosen]


LANE = Lane()
