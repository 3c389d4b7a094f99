"""A load that notices every lost answer: constant arrivals, no retries, each body checked.

`traffic` is what tests use; `python -m tests.load --help` is the same by hand. Standard library
only, so that the folder can be copied to a host and run there.
"""

from __future__ import annotations

from .options import SHORT_STREAM_SECONDS, STREAM_SECONDS, Options
from .process import Load, traffic
from .report import Report
from .starved import StarvedError, judged

__all__ = [
    "SHORT_STREAM_SECONDS",
    "STREAM_SECONDS",
    "Load",
    "Options",
    "Report",
    "StarvedError",
    "judged",
    "traffic",
]
