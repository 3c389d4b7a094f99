"""Durations as Compose writes them: Go's, such as `1m30s`, `1.5h`, `200ms`."""

from __future__ import annotations

import re
from typing import Any

from rollway.config.problems import shown

_UNITS = {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER = r"([0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})"
_PART = re.compile(rf"{_NUMBER}(us|µs|μs|ms|s|m|h)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")

ACCEPTED = "a duration like 1m30s or 200ms"


def seconds(value: Any) -> float:
    """The seconds of a Compose duration; ValueError for anything else.

    The grammar is that of Go's time.ParseDuration, without a sign. `0` needs no unit.
    """
    text = str(value)
    if text == "0":
        return 0.0
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{shown(value)} is not {ACCEPTED}")
    return float(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
