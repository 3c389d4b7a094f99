"""What a host or an edge found to be wrong, for sentences that begin with its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def found_in(problem: Mapping[str, Any]) -> str:
    """What was found, after the file it was found in; any other place, the words tell.

    `/etc/haproxy/rollway.map: Read-only file system`, and `not ready after 10 s`.
    """
    where, found = str(problem.get("where") or ""), str(problem.get("found") or "").strip()
    is_file = where.startswith("/") and where not in found
    return f"{where}: {found}" if found and is_file else found


def said_of(problem: Mapping[str, Any]) -> str:
    """`edge-2: /etc/haproxy/rollway.map: Read-only file system`."""
    if problem.get("host"):
        return f"{problem['host']}: {found_in(problem)}"
    return f"{problem.get('where', '')}: {problem.get('found', '')}"
