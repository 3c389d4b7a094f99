"""`scale`: another number of containers of a service on each app host, without losing a request."""

from __future__ import annotations

import time
from typing import Any

from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.rollback import COMMON_HELP
from rollway.cli.runs import Wanted, conduct
from rollway.cli.sessions import service as named_service
from rollway.cli.verb import verb

SCALE_HELP = {
    **COMMON_HELP,
    "limit": HELP["limit"],
    "gone": HELP["gone"],
    "service": "Service of the Compose file: one behind the edge, or workers",
    "replicas": "How many containers of it each app host is to run, 1 to 100",
}


@verb(help=SCALE_HELP)
def scale(
    _context: Any,
    env: str = "",
    app: str = "",
    service: str = "",
    replicas: str = "",
    limit: str = "",
    check: bool = False,
    yes: bool = False,
    gone: str = "",
    wait_lock: str = "0",
    output: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Change how many containers of a service run on each app host, without losing a request."""
    started, shown = time.monotonic(), options.output(output, verbose=verbose)
    wanted = Wanted(
        "scale",
        options.environment(env),
        options.application(app),
        inputs={
            "rollway_service": named_service(service, needed=True),
            "rollway_replicas": options.replicas(replicas),
            **options.answers(yes=yes, wait=wait_lock, gone_for_good=gone),
        },
        limit=options.limit(limit),
        check=check,
        verbose=verbose,
        output=shown,
    )
    return conduct(wanted, as_json=json, started=started)
