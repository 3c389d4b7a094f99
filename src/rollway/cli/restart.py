"""`restart`: start the release that serves anew, host by host, without losing a request."""

from __future__ import annotations

import time
from typing import Any

from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.rollback import COMMON_HELP
from rollway.cli.runs import Wanted, conduct
from rollway.cli.sessions import service as named_service
from rollway.cli.verb import verb

RESTART_HELP = {
    **COMMON_HELP,
    "limit": HELP["limit"],
    "gone": HELP["gone"],
    "service": "Only these workers, a service; everything else goes on",
}


@verb(help=RESTART_HELP)
def restart(
    _context: Any,
    env: str = "",
    app: str = "",
    service: str = "",
    limit: str = "",
    check: bool = False,
    yes: bool = False,
    gone: str = "",
    wait_lock: str = "0",
    output: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Start the release that serves anew, host by host, without losing a request."""
    started, shown = time.monotonic(), options.output(output, verbose=verbose)
    wanted = Wanted(
        "restart",
        options.environment(env),
        options.application(app),
        inputs={
            "rollway_service": named_service(service, needed=False),
            **options.answers(yes=yes, wait=wait_lock, gone_for_good=gone),
        },
        limit=options.limit(limit),
        check=check,
        verbose=verbose,
        output=shown,
    )
    return conduct(wanted, as_json=json, started=started)
