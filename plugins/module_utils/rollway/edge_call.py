"""One call of the module on one edge: what it works with, and what it gathers for the result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from .edge_store import Paths
from .haproxy_socket import Master


@dataclass
class Edge:
    """One HAProxy and where its files are; `timings` are seconds by phase."""

    paths: Paths
    master: Master
    timings: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Add the seconds the block takes to a phase."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = time.monotonic() - began
            self.timings[phase] = round(self.timings.get(phase, 0.0) + spent, 4)
