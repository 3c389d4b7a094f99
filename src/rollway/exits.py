"""Exit codes of every verb: a contract (docs/architecture: "The command line")."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
USAGE: Final = 1
"""Wrong use or configuration; nothing was changed."""
FAILED: Final = 2
"""Failed, and the whole fleet serves the release it had."""
NEEDS_PERSON: Final = 3
"""Failed or done in part, and a host needs a person."""
LOCKED: Final = 4
"""Another run holds the lock."""
HELD: Final = 5
"""Waits for a person's decision."""
REFUSED: Final = 6
"""Refused before any change."""
DRIFT: Final = 7
"""`drift` found some, or `doctor` leaves some."""
UNEXPECTED: Final = 70
"""An error nobody foresaw: a bug."""
INTERRUPTED: Final = 130
"""SIGINT; recorded as aborted."""
TERMINATED: Final = 143
"""SIGTERM or SIGHUP; recorded as aborted."""


def after_signal(name: str) -> int:
    """What a command ends with that a signal ended: `SIGINT`, `SIGTERM` or `SIGHUP`."""
    return INTERRUPTED if name == "SIGINT" else TERMINATED
