"""One call of the module on one edge: what it works with, and what it gathers for the result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from .edge_fence import Fence
from .edge_reload import Files, write_files
from .edge_store import Paths, Record, save
from .haproxy_socket import Master


@dataclass
class Edge:
    """One HAProxy and where its files are; `timings` are seconds by phase.

    `fence` raises Problem once the run has lost the application's lock; every change asks it first.
    """

    paths: Paths
    master: Master
    fence: Fence
    timings: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def tell(self, pid: int, commands: Sequence[str]) -> None:
        """Give a worker commands that change it."""
        self.master.tell(pid, commands, before=self.fence.check)

    def write(self, files: Files) -> None:
        """Write what differs of HAProxy's files."""
        self.fence.check()
        write_files(files)

    def save(self, record: Record) -> bool:
        """Write an application's record unless it is there already; whether it was written."""
        self.fence.check()
        return save(self.paths, record)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the seconds the block takes to a phase."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - began
            self.timings[phase] = round(self.timings.get(phase, 0.0) + spent, 4)
