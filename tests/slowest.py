"""The test files that took longest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pytest

SHOWN = 10


def slowest_files(reports: Iterable[pytest.TestReport]) -> list[tuple[str, float]]:
    """Files and the seconds of their tests, fixtures included; the slowest first."""
    seconds: dict[str, float] = defaultdict(float)
    for report in reports:
        seconds[report.nodeid.partition("::")[0]] += report.duration
    return sorted(seconds.items(), key=lambda one: -one[1])[:SHOWN]


def as_lines(found: Iterable[tuple[str, float]]) -> list[str]:
    """A line each: `  31.4 s  tests/integration/test_deploy.py`."""
    return [f"{seconds:7.1f} s  {name}" for name, seconds in found]
