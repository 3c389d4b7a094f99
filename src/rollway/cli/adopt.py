"""`adopt`: bring an application that runs under plain `docker compose up` under Rollway."""

from __future__ import annotations

import time
from typing import Any

from rollway import names
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.local import prepare_local
from rollway.cli.runs import Wanted, conduct
from rollway.cli.verb import verb

ADOPT_HELP = {
    **{name: text for name, text in HELP.items() if name not in ("plan", "diff")},
    "project": "Compose project that runs now; the application's name when left out",
    "keep": "Leave its web containers running; the next adopt without this removes them",
    "yes": "Answer yes where the environment asks, and where a database has to stand still",
}


@verb(help=ADOPT_HELP)
def adopt(
    _context: Any,
    env: str = "",
    app: str = "",
    version: str = "",
    project: str = "",
    limit: str = "",
    keep: bool = False,
    check: bool = False,
    yes: bool = False,
    gone: str = "",
    wait_lock: str = "0",
    output: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Take the place of what runs under plain docker compose, with its data; or change nothing."""
    started, shown = time.monotonic(), options.output(output, verbose=verbose)
    wanted_app, wanted_version = options.application(app), options.version(version)
    wanted_project = names.project_name(project) if project else ""
    if env == options.LOCAL:
        wanted_version = prepare_local(wanted_app, wanted_version)
    wanted = Wanted(
        "adopt",
        options.environment(env),
        wanted_app,
        inputs={
            "rollway_version": wanted_version,
            "rollway_project": wanted_project,
            "rollway_keep_web": str(keep).lower(),
            **options.answers(yes=yes, wait=wait_lock, gone_for_good=gone),
        },
        limit=options.limit(limit),
        check=check,
        verbose=verbose,
        output=shown,
    )
    return conduct(wanted, as_json=json, started=started)
