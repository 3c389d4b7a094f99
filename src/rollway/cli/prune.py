"""`prune`: releases, images and stopped slots beyond retention leave the hosts."""

from __future__ import annotations

from typing import Any

from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.findings import show_findings
from rollway.cli.runs import Wanted, read_result, run_confirmed
from rollway.cli.verb import verb
from rollway.report.prune import PRUNED, print_prune, trouble_lines
from rollway.rollout.calls import RETAINED_RELEASES
from rollway.rollout.inputs import MOST_KEPT, kept_count

PRUNE_HELP = {
    **{name: HELP[name] for name in ("env", "app", "yes", "verbose")},
    "keep": f"How many releases to keep on each host, the newest, 1 to {MOST_KEPT}",
    "check": "List what would go, and change nothing",
    "json": "Print what went as JSON on stdout",
}


@verb(help=PRUNE_HELP)
def prune(
    _context: Any,
    env: str = "",
    app: str = "",
    keep: str = str(RETAINED_RELEASES),
    check: bool = False,
    yes: bool = False,
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Remove releases, images and stopped slots beyond retention, on every host."""
    wanted = Wanted(
        "prune",
        options.environment(env),
        options.application(app),
        inputs={"rollway_keep": str(kept_count(keep)), "rollway_yes": str(yes).lower()},
        check=check,
        verbose=verbose,
    )
    code, run_dir = run_confirmed(wanted)
    found = read_result(run_dir, PRUNED)
    return show(found, as_json=json) if found else code


def show(found: dict[str, Any], *, as_json: bool) -> int:
    """What went on stdout, trouble on stderr."""
    return show_findings(found, trouble=trouble_lines(found), as_json=as_json, shows=print_prune)
