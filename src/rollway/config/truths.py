"""Truths as Compose reads them: `true` and `false`, and the words that YAML 1.1 had for them.

The words are those of compose-go's `toBoolean`, in any case; it refuses everything else, `1` too.
"""

from __future__ import annotations

from typing import Any

_YES = frozenset({"true", "y", "yes", "on"})
_NO = frozenset({"false", "n", "no", "off"})

ACCEPTED = "true or false"


def is_truth(value: Any) -> bool:
    """Is it a truth at all?"""
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in _YES | _NO)


def is_true(value: Any, *, unset: bool = False) -> bool:
    """Does it say yes? `unset` is what nothing says."""
    if value is None:
        return unset
    return value is True or (isinstance(value, str) and value.lower() in _YES)
