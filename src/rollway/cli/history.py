"""`history`: the runs that the hosts recorded."""

from __future__ import annotations

from typing import Any

from rollway.cli.recorded import RECORDED_HELP, Recorded
from rollway.cli.verb import verb
from rollway.report.history import HISTORY, print_history

HISTORY_HELP = {**RECORDED_HELP, "json": "Print the runs as a JSON list on stdout"}
_RECORDED = Recorded("history", HISTORY, "runs", print_history)


@verb(help=HISTORY_HELP)
def history(
    _context: Any,
    env: str = "",
    app: str = "",
    count: str = "20",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Show what was released, where, and how it ended, newest first."""
    return _RECORDED.ask(env=env, app=app, count=count, as_json=json, verbose=verbose)
