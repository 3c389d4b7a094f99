"""Refuses the keys of a Compose file that cannot be carried over, each with its path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.config.problems import Problems, neighbours
from rollway.release.keys import Key


def refuse_keys(
    content: Mapping[str, Any], table: Mapping[str, Key], path: str, problems: Problems
) -> None:
    """Note every key that the table refuses or does not know; other `x-` keys are passed over."""
    for name in map(str, content):
        where = f"{path}/{name}" if path else name
        if name not in table:
            if not name.startswith("x-"):
                problems.add(where, "unknown key", accepted=neighbours(name, table))
        elif table[name].treatment == "refused":
            problems.add(where, "it cannot be used", accepted=table[name].note)
