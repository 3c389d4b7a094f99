"""How a run shows its progress: a live table, plain lines, or a JSON event per line."""

from __future__ import annotations

from typing import Final

LIVE: Final = "live"
PLAIN: Final = "plain"
JSON: Final = "json"
OUTPUTS: Final = (LIVE, PLAIN, JSON)

# How the command line tells Ansible's callback. Events have a descriptor of their own, so that
# nothing that Ansible or a plugin prints can get between them.
OUTPUT_VARIABLE: Final = "ROLLWAY_OUTPUT"
EVENTS_VARIABLE: Final = "ROLLWAY_EVENTS_DESCRIPTOR"


def output_for(wanted: str, *, is_terminal: bool) -> str:
    """What is shown: what was wanted, but a table only where there is a terminal to draw it on."""
    if wanted in {PLAIN, JSON}:
        return wanted
    return LIVE if is_terminal else PLAIN
