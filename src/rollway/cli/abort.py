"""`abort`: leave a release that is held, or that a killed run began."""

from __future__ import annotations

from typing import Any

from rollway.cli.deploy import HELP
from rollway.cli.rollback import COMMON_HELP
from rollway.cli.runs import decide
from rollway.cli.verb import verb


@verb(help={**COMMON_HELP, "gone": HELP["gone"]})
def abort(
    _context: Any,
    env: str = "",
    app: str = "",
    check: bool = False,
    yes: bool = False,
    gone: str = "",
    wait_lock: str = "0",
    output: str = "",
    json: bool = False,
    verbose: bool = False,
) -> int:
    """Leave a release that is held or was interrupted: the whole fleet goes back."""
    return decide(
        "abort",
        env=env,
        app=app,
        check=check,
        yes=yes,
        gone=gone,
        wait_lock=wait_lock,
        output=output,
        as_json=json,
        verbose=verbose,
    )
