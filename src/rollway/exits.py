"""Exit codes of the command line: a contract, the same for every verb."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
USAGE: Final = 1
"""Wrong use or invalid configuration; nothing was changed."""
FAILED: Final = 2
"""Failed, and the whole fleet serves the release it had."""
NEEDS_PERSON: Final = 3
"""Failed, or done but a host is out of rotation: a person has to look."""
LOCKED: Final = 4
"""Another run holds the lock."""
HELD: Final = 5
"""Inconclusive: a person decides by `promote` or `abort`."""
REFUSED: Final = 6
"""Refused before any change."""
DRIFT: Final = 7
UNEXPECTED: Final = 70
"""An error nobody foresaw; what was reached is recorded."""
INTERRUPTED: Final = 130
TERMINATED: Final = 143
