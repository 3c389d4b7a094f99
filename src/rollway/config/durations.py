"""Durations as Compose writes them: `1m30s`, `200ms`, or a number of seconds for drains."""

from __future__ import annotations

import re

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")


def seconds(text: str) -> float:
    """The seconds of a Compose duration; ValueError for anything else."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a duration like 1m30s")
    return float(sum(float(number) * _UNITS[unit] for number, unit in parts))
