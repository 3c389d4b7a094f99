"""`drift`: where hosts and edges are not as they record."""

from __future__ import annotations

import json as json_format
import sys
from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, read_result, run_release
from rollway.cli.verb import say, verb
from rollway.report.drift import DRIFT, print_drift

DRIFT_HELP = {
    **{name: HELP[name] for name in ("env", "app", "verbose")},
    "limit": "Only these app hosts, as an Ansible pattern, and their servers at the edges",
    "json": "Print the findings as JSON on stdout",
}


@verb(help=DRIFT_HELP)
def drift(
    _context: Any,
    env: str = "",
    app: str = "",
    limit: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Compare every host and edge with the record; exit 7 when anything differs."""
    wanted = Wanted(
        "drift",
        options.environment(env),
        options.application(app),
        limit=options.limit(limit),
        verbose=verbose,
    )
    code, run_dir = run_release(wanted)
    found = read_result(run_dir, DRIFT)
    return show(found, as_json=json) if found else code


def show(found: dict[str, Any], *, as_json: bool) -> int:
    """Findings on stdout, who is missing on stderr; what was not read is not called well."""
    for line in (*(f"{one['host']}: {one['problem']}" for one in found["lost"]), *found["remarks"]):
        say(line)
    if as_json:
        sys.stdout.write(json_format.dumps(found, ensure_ascii=False) + "\n")
    elif found["findings"] or not found["lost"]:
        print_drift(found)
    if found["findings"]:
        return exits.DRIFT
    return exits.REFUSED if found["lost"] else exits.DONE
