"""`deploy`: release a version to an environment."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rollway.cli import options
from rollway.cli.local import prepare_local
from rollway.cli.runs import Wanted, conduct
from rollway.cli.saved_plan import as_planned
from rollway.cli.verb import verb

HELP = {
    "env": "Environment: a folder of inventories/. `local` is the embedded fleet",
    "app": "Application: a folder of apps/; may be left out where there is one",
    "version": "Version, a tag in the registry; on local the application's commit when left out",
    "limit": "Only these app hosts, as an Ansible pattern; the others keep what they have",
    "plan": "Carry out a plan that plan --out saved; refused if anything has moved since",
    "check": "Show what would be done; change nothing",
    "diff": "Show differences of files",
    "wait_lock": "Seconds to wait for another run that has the lock",
    "yes": "Answer yes where the environment asks",
    "gone": "Hosts that are down for good, between commas: their singletons may start elsewhere",
    "output": "Progress: live (a table), plain (lines) or json (an event per line on stdout)",
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
    plan: str = "",
    check: bool = False,
    diff: bool = False,
    yes: bool = False,
    gone: str = "",
    wait_lock: str = "0",
    output: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Release a version to an environment without losing a request; go back if it is bad."""
    started, shown = time.monotonic(), options.output(output, verbose=verbose)
    saved = Path.cwd() / plan if plan else None  # `resolve` breaks off at a link to itself
    asked = {"env": env, "app": app, "version": version, "limit": limit}
    if saved:
        asked = as_planned(saved, asked)
    wanted_app = options.application(asked["app"])
    wanted_version = options.version(asked["version"])
    if asked["env"] == options.LOCAL:
        wanted_version = prepare_local(wanted_app, wanted_version)
    wanted = Wanted(
        "deploy",
        options.environment(asked["env"]),
        wanted_app,
        inputs={
            "rollway_version": wanted_version,
            **options.answers(yes=yes, wait=wait_lock, gone_for_good=gone),
            "rollway_plan_path": str(saved or ""),
        },
        limit=options.limit(asked["limit"]),
        check=check,
        diff=diff,
        verbose=verbose,
        output=shown,
    )
    return conduct(wanted, as_json=json, started=started)
