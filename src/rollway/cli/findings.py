"""What a look at the fleet found, on its streams: trouble on stderr, the findings on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from typing import Any

from rollway.cli.verb import say

Found = dict[str, Any]


def show_findings(
    found: Found, *, trouble: Iterable[str], as_json: bool, shows: Callable[[Found], None]
) -> int:
    """Print who is missing, and what else is to be known, then the findings; their exit code."""
    for line in trouble:
        say(line)
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    else:
        shows(found)
    return int(found["exit"])
