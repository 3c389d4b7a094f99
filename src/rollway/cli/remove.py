"""`remove`: an application leaves the edges and the hosts of an environment."""

from __future__ import annotations

import time
from typing import Any

from rollway.cli import options
from rollway.cli.rollback import COMMON_HELP
from rollway.cli.runs import Wanted, conduct
from rollway.cli.verb import verb

REMOVE_HELP = {
    **COMMON_HELP,
    "app": "Application; has to be named",
    "volumes": "Take the volumes, too, with all that is in them",
    "yes": "Answer yes; without it a remove asks in every environment",
}


@verb(help=REMOVE_HELP)
def remove(
    _context: Any,
    env: str = "",
    app: str = "",
    volumes: bool = False,
    check: bool = False,
    yes: bool = False,
    wait_lock: str = "0",
    output: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Take an application off the edges, then off the hosts; its volumes stay unless told."""
    started, shown = time.monotonic(), options.output(output, verbose=verbose)
    wanted = Wanted(
        "remove",
        options.environment(env),
        options.removable(app),
        inputs={
            "rollway_volumes": str(volumes).lower(),
            **options.answers(yes=yes, wait=wait_lock),
        },
        check=check,
        verbose=verbose,
        output=shown,
        question=f"remove {app}{' and all its data' if volumes else ''}",
    )
    return conduct(wanted, as_json=json, started=started)
