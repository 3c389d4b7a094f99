"""`deploy`: release a version to an environment."""

from __future__ import annotations

import time
from typing import Any

from rollway.cli import options
from rollway.cli.local import prepare_local
from rollway.cli.runs import Wanted, read_result, run_confirmed, say_end
from rollway.cli.verb import verb

HELP = {
    "env": "Environment: a folder of inventories/. `local` is the embedded fleet",
    "app": "Application: a folder of apps/; may be left out where there is one",
    "version": "Version, a tag in the registry; on local the application's commit when left out",
    "limit": "Only these app hosts, as an Ansible pattern; the others keep what they have",
    "check": "Show what would be done; change nothing",
    "diff": "Show differences of files",
    "yes": "Answer yes where the environment asks",
    "json": "Print the result as JSON on stdout",
    "verbose": "Show Ansible's own output",
}


@verb(help=HELP)
def deploy(
    _context: Any,
    env: str = "",
    app: str = "",
    version: str = "",
    limit: str = "",
    check: bool = False,
    diff: bool = False,
    yes: bool = False,
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Release a version to an environment without losing a request; go back if it is bad."""
    started = time.monotonic()
    wanted_app, wanted_version = options.application(app), options.version(version)
    if env == options.LOCAL:
        wanted_version = prepare_local(wanted_app, wanted_version)
    wanted = Wanted(
        "deploy",
        options.environment(env),
        wanted_app,
        inputs={"rollway_version": wanted_version, "rollway_yes": str(yes).lower()},
        limit=options.limit(limit),
        check=check,
        diff=diff,
        verbose=verbose,
    )
    code, run_dir = run_confirmed(wanted)
    say_end(read_result(run_dir), seconds=time.monotonic() - started, as_json=json)
    return code
