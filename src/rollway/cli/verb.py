"""What every verb has in common: its errors become a sentence and an exit code."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any

from invoke import Context, Exit, Task, task

from rollway import exits
from rollway.errors import RollwayError

# Invoke would take these after a verb as its own, and run the verb for real all the same.
_CORE_OPTIONS = frozenset(
    {
        *("--dry", "-R", "--echo", "-e", "--hide", "--pty", "-p", "--warn-only", "-w"),
        *("--debug", "-d", "--no-dedupe", "--timeout", "-T", "--prompt-for-sudo-password"),
        *("--config", "-f", "--collection", "-c", "--search-root", "-r", "--write-pyc"),
    }
)


def verb(**options: Any) -> Callable[[Callable[..., int | None]], Task[Any]]:
    """Declare a verb: its function returns an exit code, None for 0, or raises RollwayError."""

    def declare(function: Callable[..., int | None]) -> Task[Any]:
        @functools.wraps(function)
        def run(context: Context, *arguments: Any, **values: Any) -> None:
            code = run_verb(function, context, *arguments, **values)
            if code:
                raise Exit(code=code)

        declared: Task[Any] = task(auto_shortflags=False, **options)(run)
        return declared

    return declare


def run_verb(function: Callable[..., int | None], *arguments: Any, **values: Any) -> int:
    """Call it, and turn what it raises into a sentence on stderr and an exit code."""
    try:
        refuse_core_options(sys.argv)
        return function(*arguments, **values) or exits.DONE
    except RollwayError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted")
        return exits.INTERRUPTED
    except Exit:
        raise
    except Exception:  # noqa: BLE001 - the last line of defence: it is reported in full
        say(traceback.format_exc())
        say("unexpected error; next: ./invoke status --env=NAME shows what was reached")
        return exits.UNEXPECTED


def refuse_core_options(command_line: list[str]) -> None:
    """Refuse Invoke's own options behind a verb: `deploy --dry` would deploy for real."""
    words = iter(command_line[1:])
    behind = [word for word in words if not word.startswith("-")]
    if not behind:
        return
    rest = command_line[command_line.index(behind[0]) + 1 :]
    taken = [word for word in rest if word.split("=")[0] in _CORE_OPTIONS]
    if taken:
        raise RollwayError(
            taken[0],
            f"it is an option of Invoke, not of {behind[0]}, and would change nothing",
            accepted="--check to see what would be done",
            next=f"./invoke {behind[0]} --help",
        )


def say(line: str) -> None:
    """One line of progress or trouble; stdout is for data."""
    sys.stderr.write(line.rstrip() + "\n")
    sys.stderr.flush()
