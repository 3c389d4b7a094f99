"""`audit`: who changed what, and when."""

from __future__ import annotations

from typing import Any

from rollway.cli.recorded import RECORDED_HELP, Recorded
from rollway.cli.verb import verb
from rollway.report.audit import AUDIT, print_audit

AUDIT_HELP = {**RECORDED_HELP, "json": "Print the entries as a JSON list on stdout"}
_RECORDED = Recorded("audit", AUDIT, "entries", print_audit)


@verb(help=AUDIT_HELP)
def audit(
    _context: Any,
    env: str = "",
    app: str = "",
    count: str = "20",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Show who changed what and when, on which hosts, newest first."""
    return _RECORDED.ask(env=env, app=app, count=count, as_json=json, verbose=verbose)
