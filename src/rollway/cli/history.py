"""`history`: the runs that the hosts recorded."""

from __future__ import annotations

import json as json_format
import sys
from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, read_result, run_release
from rollway.cli.verb import say, verb
from rollway.errors import RollwayError
from rollway.report.history import HISTORY, print_history

HISTORY_HELP = {
    **{name: HELP[name] for name in ("env", "app", "verbose")},
    "count": "How many runs, the newest",
    "json": "Print the runs as a JSON list on stdout",
}


@verb(help=HISTORY_HELP)
def history(
    _context: Any,
    env: str = "",
    app: str = "",
    count: int = 20,
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Show what was released, where, and how it ended, newest first."""
    wanted = Wanted(
        "history",
        options.environment(env),
        options.application(app),
        inputs={"rollway_count": str(positive(count))},
        verbose=verbose,
    )
    code, run_dir = run_release(wanted)
    found = read_result(run_dir, HISTORY)
    return _show(found, as_json=json) if found else code


def positive(count: int) -> int:
    """How many runs to show."""
    if count < 1:
        raise RollwayError("--count", f"found {count}", accepted="1 or more", next="--count=20")
    return count


def _show(found: dict[str, Any], *, as_json: bool) -> int:
    """Runs on stdout, who is missing on stderr; without any answer there is no history."""
    for remark in found["remarks"]:
        say(remark)
    if not found["answered"]:
        return exits.REFUSED
    if as_json:
        sys.stdout.write(json_format.dumps(found["runs"], ensure_ascii=False) + "\n")
    else:
        print_history(found)
    return exits.DONE
