"""`rollback`: go back to a release that was good."""

from __future__ import annotations

import time
from typing import Any

from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, conduct
from rollway.cli.verb import verb

COMMON_HELP = {
    name: HELP[name]
    for name in ("env", "app", "check", "yes", "wait_lock", "output", "json", "verbose")
}
ROLLBACK_HELP = {
    **COMMON_HELP,
    "limit": HELP["limit"],
    "gone": HELP["gone"],
    "to": "Release or version to go back to; the last good one when left out",
}


@verb(help=ROLLBACK_HELP)
def rollback(
    _context: Any,
    env: str = "",
    app: str = "",
    to: str = "",
    limit: str = "",
    check: bool = False,
    yes: bool = False,
    gone: str = "",
    wait_lock: str = "0",
    output: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Go back to a good release, at once where it is still warm."""
    started, shown = time.monotonic(), options.output(output, verbose=verbose)
    wanted = Wanted(
        "rollback",
        options.environment(env),
        options.application(app),
        inputs={
            "rollway_to": options.version(to, option="--to"),
            **options.answers(yes=yes, wait=wait_lock, gone_for_good=gone),
        },
        limit=options.limit(limit),
        check=check,
        verbose=verbose,
        output=shown,
    )
    return conduct(wanted, as_json=json, started=started)
