"""`maintenance`: a page with 503 and Retry-After at the edges, in place of an application."""

from __future__ import annotations

import json as json_format
import sys
from typing import Any

from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, read_result, run_confirmed
from rollway.cli.verb import say, verb
from rollway.report.maintenance import PAGE, page_lines

MAINTENANCE_HELP = {
    **{name: HELP[name] for name in ("env", "app", "yes", "verbose")},
    "switch": "on or off",
    "reason": "Why, for who looks at the status; one line",
    "check": "Say what would change, change nothing",
    "json": "Print the result as one JSON object on stdout",
}


@verb(help=MAINTENANCE_HELP)
def maintenance(
    _context: Any,
    switch: str,
    env: str = "",
    app: str = "",
    reason: str = "",
    check: bool = False,
    yes: bool = False,
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Answer 503 with Retry-After in place of an application: `maintenance on`, and `off`."""
    state = options.switch(switch)
    wanted = Wanted(
        "maintenance",
        options.environment(env),
        options.application(app),
        inputs={
            "rollway_maintenance": state,
            "rollway_reason": reason,
            "rollway_yes": str(yes).lower(),
        },
        check=check,
        verbose=verbose,
    )
    code, run_dir = run_confirmed(wanted)
    found = read_result(run_dir, PAGE)
    if found and json:
        sys.stdout.write(json_format.dumps(found, ensure_ascii=False) + "\n")
    for line in page_lines(found) if found and not json else ():
        say(line)
    return code
