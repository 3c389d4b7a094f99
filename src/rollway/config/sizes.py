"""Sizes and counts as Compose writes them: `512M`, `1.5g`, or a number."""

from __future__ import annotations

import re
from typing import Any

from rollway.config.problems import shown

_SIZE = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,19})?) ?(?:([kmgtp]?)i?b?)", re.IGNORECASE)
_COUNT = re.compile(r"[0-9]{1,10}")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}

ACCEPTED = "a size like 512M or 1.5g"


def is_count(text: str) -> bool:
    """Is it a whole number from 0, of a length that people write?"""
    return _COUNT.fullmatch(text) is not None


def size_bytes(value: Any) -> int:
    """The bytes; ValueError for anything else. A unit is a power of 1024, as in Docker."""
    match = _SIZE.fullmatch(str(value))
    if not match or isinstance(value, bool):
        raise ValueError(f"{shown(value)} is not {ACCEPTED}")
    return int(float(match[1]) * 1024 ** _POWERS[match[2].lower()])
