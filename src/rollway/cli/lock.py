"""`lock.status`, `lock.acquire`, `lock.release`: who keeps others out of an application."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Mapping
from typing import Any

from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, read_result, run_release
from rollway.cli.verb import say, verb
from rollway.report.locks import LOCKS, lock_lines

LOCK_HELP = {name: HELP[name] for name in ("env", "app", "json", "verbose")}


@verb(help=LOCK_HELP)
def status(
    _context: Any, env: str = "", app: str = "", json: bool = False, verbose: bool = False
) -> int:
    """Show who keeps others out of an application: runs, held releases, freezes."""
    return _run("lock.status", env, app, as_json=json, verbose=verbose)


@verb(help={**LOCK_HELP, "reason": "Why, for whoever is refused; one line"})
def acquire(
    _context: Any,
    env: str = "",
    app: str = "",
    reason: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Freeze an application: no run begins until the freeze is released."""
    inputs = {"rollway_reason": reason}
    return _run("lock.acquire", env, app, as_json=json, verbose=verbose, inputs=inputs)


@verb(help={**LOCK_HELP, "run": "Id of the run or freeze, as lock.status shows it"})
def release(
    _context: Any,
    env: str = "",
    app: str = "",
    run: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Take away a freeze, or the lock of a run whose controller is gone for good."""
    inputs = {"rollway_target": run}
    return _run("lock.release", env, app, as_json=json, verbose=verbose, inputs=inputs)


def _run(
    name: str,
    env: str,
    app: str,
    *,
    as_json: bool,
    verbose: bool,
    inputs: Mapping[str, str] | None = None,
) -> int:
    where, which = options.environment(env), options.application(app)
    wanted = Wanted(name, where, which, inputs=inputs or {}, verbose=verbose)
    code, run_dir = run_release(wanted)
    found = read_result(run_dir, LOCKS)
    if not found:
        return code
    if as_json:
        sys.stdout.write(json_format.dumps(found, ensure_ascii=False) + "\n")
    for line in () if as_json else lock_lines(found):
        if name == "lock.status":
            sys.stdout.write(f"{line}\n")
        else:
            say(line)
    return code
