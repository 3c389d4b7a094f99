"""`check`: format, lint, types, unit and contract tests, in under a minute."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rollway import exits
from rollway.cli.verb import say, verb

if TYPE_CHECKING:
    from rollway.checking import Outcome


@verb()
def check(_context: Any) -> int:
    """Check format, lint, types, unit and contract tests: under a minute, nothing is started."""
    from rollway.checking import quick_steps, run_steps

    started = time.monotonic()
    outcomes = run_steps(quick_steps(), say=_say)
    failed = [outcome.step.name for outcome in outcomes if outcome.code]
    say(_end(failed, seconds=time.monotonic() - started))
    return exits.USAGE if failed else exits.DONE


def _say(outcome: Outcome) -> None:
    word = f"FAILED with {outcome.code}" if outcome.code else "ok"
    say(f"{outcome.step.name}: {word} ({outcome.seconds:.1f} s)")
    if outcome.code:
        say(outcome.output)


def _end(failed: list[str], *, seconds: float) -> str:
    if failed:
        return f"check: failed: {', '.join(failed)} ({seconds:.1f} s)"
    return f"check: all well ({seconds:.1f} s)"
