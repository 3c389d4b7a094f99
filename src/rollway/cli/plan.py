"""`plan`: show what a deploy would do, and save it for `deploy --plan`."""

from __future__ import annotations

import json as json_format
import sys
import time
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, read_result, run_release, say_end
from rollway.cli.verb import say, verb
from rollway.errors import RollwayError
from rollway.records.files import write_whole
from rollway.report.result import PREVIEW

PLAN_HELP = {
    **{name: HELP[name] for name in ("env", "app", "version", "limit", "gone", "verbose")},
    "diff": "Show the differences of the rendered Compose text",
    "json": "Print the plan as JSON on stdout",
    "out": "Save the plan to this file, for deploy --plan=FILE",
}


@verb(help=PLAN_HELP)
def plan(
    _context: Any,
    env: str = "",
    app: str = "",
    version: str = "",
    limit: str = "",
    gone: str = "",
    diff: bool = False,
    json: bool = False,
    out: str = "",
    verbose: bool = False,
) -> int:
    """Show what a deploy would do on every host, in which waves; change nothing."""
    started = time.monotonic()
    wanted = Wanted(
        "deploy",
        options.environment(env),
        options.application(app),
        inputs={"rollway_version": options.version(version), **options.gone(gone)},
        limit=options.limit(limit),
        check=True,
        verbose=verbose,
    )
    code, run_dir = run_release(wanted)
    if not show_plan(run_dir, with_diff=diff, as_json=json):
        say_end(read_result(run_dir), seconds=time.monotonic() - started, as_json=json)
        return code
    if out:
        save(run_dir, Path(out))
    return exits.DONE


def show_plan(run_dir: Path, *, with_diff: bool, as_json: bool) -> bool:
    """The plan of a run on stdout; whether there is one."""
    found = read_result(run_dir, PREVIEW)
    if not found:
        return False
    if as_json:
        sys.stdout.write(json_format.dumps(found, ensure_ascii=False) + "\n")
        return True
    from rollway.report.plan_table import print_plan

    print_plan(found, with_diff=with_diff)
    return True


def save(run_dir: Path, path: Path) -> None:
    """Save the plan, whole or not at all, for its owner alone."""
    text = (run_dir / PREVIEW).read_text(encoding="utf-8")
    try:
        write_whole(path, text)
    except OSError as error:
        found = error.strerror or str(error)
        raise RollwayError(f"--out={path}", found, accepted="a file this user may write") from None
    say(f"saved; next: ./invoke deploy --plan={path}")
