"""`status`: which release serves where."""

from __future__ import annotations

import json as json_format
import sys
from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.runs import Wanted, read_result, run_release
from rollway.cli.verb import verb

STATUS_HELP = {name: HELP[name] for name in ("env", "app", "json", "verbose")}


@verb(help=STATUS_HELP)
def status(
    _context: Any, env: str = "", app: str = "", json: bool = False, verbose: bool = False
) -> int:
    """Show which release serves on every host, what the edges see, and who holds the lock."""
    wanted = Wanted("status", options.environment(env), options.application(app), verbose=verbose)
    code, run_dir = run_release(wanted)
    found = read_result(run_dir, "status.json")
    if not found:
        return code
    if json:
        sys.stdout.write(json_format.dumps(found, ensure_ascii=False) + "\n")
        return exits.DONE
    from rollway.report.table import print_status

    print_status(found)
    return exits.DONE
