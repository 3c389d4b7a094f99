"""`doctor`: what is wrong with an application on its hosts and edges, and its repair."""

from __future__ import annotations

from typing import Any

from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.cli.findings import show_findings
from rollway.cli.runs import Wanted, read_result, run_confirmed
from rollway.cli.verb import verb
from rollway.report.doctor import DOCTOR, print_doctor, trouble_lines

DOCTOR_HELP = {
    **{name: HELP[name] for name in ("env", "app", "yes", "verbose")},
    "fix": "Repair what can be repaired; without it nothing is written",
    "json": "Print findings and repairs as JSON on stdout",
}


@verb(help=DOCTOR_HELP)
def doctor(
    _context: Any,
    env: str = "",
    app: str = "",
    fix: bool = False,
    yes: bool = False,
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Find what is wrong on hosts and edges, and repair it with --fix; exit 7 when any is left."""
    inputs = {"rollway_fix": str(fix).lower(), "rollway_yes": str(yes).lower()}
    wanted = Wanted(
        "doctor",
        options.environment(env),
        options.application(app),
        inputs=inputs,
        verbose=verbose,
    )
    code, run_dir = run_confirmed(wanted)
    found = read_result(run_dir, DOCTOR)
    return show(found, as_json=json) if found else code


def show(found: dict[str, Any], *, as_json: bool) -> int:
    """Findings on stdout; who is missing, and what else is to be known, on stderr."""
    return show_findings(found, trouble=trouble_lines(found), as_json=as_json, shows=print_doctor)
