"""A load that notices every lost answer: constant arrivals, no retries, each body checked.

`traffic` is what tests use; `python -m tests.load --help` is the same by hand. Standard library
only, so that the folder can be copied to a host and run there.
"""

from __future__ import annotations

from .options import Options
from .process import LONG_STREAM_SECONDS, STREAM_SECONDS, Load, traffic
from .report import Report
from .starved import StarvedError, judged

__all__ = [
    "LONG_STREAM_SECONDS",
    "STREAM_SECONDS",
    "Load",
    "Options",
    "Report",
    "StarvedError",
    "judged",
    "traffic",
]
