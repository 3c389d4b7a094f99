"""`promote`: go on with a release that is held for a person's decision."""

from __future__ import annotations

from typing import Any

from rollway.cli.deploy import HELP
from rollway.cli.rollback import COMMON_HELP
from rollway.cli.runs import decide
from rollway.cli.verb import verb


@verb(help={**COMMON_HELP, "gone": HELP["gone"]})
def promote(
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
    """Go on with a release that is held, from where it stopped."""
    return decide(
        "promote",
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
