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
    outcomes = run_steps(quick_steps(), say=say_step)
    failed = [outcome.step.name for outcome in outcomes if outcome.code]
    say(end_line(failed, seconds=time.monotonic() - started))
    return exits.USAGE if failed else exits.DONE


def say_step(outcome: Outcome) -> None:
    """One line for a step; what it printed follows where it failed."""
    word = f"FAILED with {outcome.code}" if outcome.code else "ok"
    say(f"{outcome.step.name}: {word} ({outcome.seconds:.1f} s)")
    if outcome.code:
        say(outcome.output)


def end_line(failed: list[str], *, seconds: float) -> str:
    """The last line: what failed, and the time of all."""
    if failed:
        return f"check: failed: {', '.join(failed)} ({seconds:.1f} s)"
    return f"check: all well ({seconds:.1f} s)"
