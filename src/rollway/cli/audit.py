"""`audit`: who changed what, and when."""

from __future__ import annotations

import json as json_format
import sys
from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.history import positive
from rollway.cli.runs import Wanted, read_result, run_release
from rollway.cli.verb import say, verb
from rollway.report.audit import AUDIT, print_audit

AUDIT_HELP = {
    **{name: HELP[name] for name in ("env", "app", "verbose")},
    "count": "How many runs, the newest",
    "json": "Print the entries as a JSON list on stdout",
}


@verb(help=AUDIT_HELP)
def audit(
    _context: Any,
    env: str = "",
    app: str = "",
    count: int = 20,
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Show who changed what and when, on which hosts, newest first."""
    wanted = Wanted(
        "audit",
        options.environment(env),
        options.application(app),
        inputs={"rollway_count": str(positive(count))},
        verbose=verbose,
    )
    code, run_dir = run_release(wanted)
    found = read_result(run_dir, AUDIT)
    return _show(found, as_json=json) if found else code


def _show(found: dict[str, Any], *, as_json: bool) -> int:
    """Entries on stdout, who is missing on stderr; without any answer nobody knows."""
    for remark in found["remarks"]:
        say(remark)
    if not found["answered"]:
        return exits.REFUSED
    if as_json:
        sys.stdout.write(json_format.dumps(found["entries"], ensure_ascii=False) + "\n")
    else:
        print_audit(found)
    return exits.DONE
