"""A new version of the service for every measured run: no host can have its image yet."""

from __future__ import annotations

import time
from itertools import count

from benchmarks.fleet import APP_SOURCE, ENV, WORK, Fleet
from rollway.build.app import build_version


class Versions:
    """Builds and pushes versions that never were, one after the other."""

    def __init__(self) -> None:
        self._run = f"{time.time_ns() // 1_000_000:x}"
        self._numbers = count(1)

    def build(self, fleet: Fleet) -> str:
        """Build and push the next version; its tag."""
        version = f"b{self._run}-{next(self._numbers)}"
        build_version(
            APP_SOURCE,
            env=ENV,
            target=fleet.target,
            builds_dir=WORK / "builds",
            progress=lambda _line: None,
            version=version,
        )
        return version
