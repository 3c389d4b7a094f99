"""What every verb has in common: its errors become a sentence and an exit code."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any

from invoke import Argument, Context, Exit, Task, task

from rollway import exits
from rollway.errors import RollwayError

SHORT = {"verbose": "v"}
"""The one short form there is; Invoke's own would give every option a letter."""


class Verb(Task[Any]):
    """A task with these short forms, which describes its options however often it is asked."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        kept, self.help = self.help, dict(self.help)  # Invoke takes out what it has read
        arguments: list[Argument] = super().get_arguments(ignore_unknown_help)
        self.help = kept
        for argument in arguments:
            if argument.name in SHORT:
                argument.names = (*argument.names, SHORT[argument.name])
        return arguments


def verb(**options: Any) -> Callable[[Callable[..., int | None]], Task[Any]]:
    """Declare a verb: its function returns an exit code, None for 0, or raises RollwayError."""

    def declare(function: Callable[..., int | None]) -> Task[Any]:
        @functools.wraps(function)
        def run(context: Context, *arguments: Any, **values: Any) -> None:
            code = run_verb(function, context, *arguments, **values)
            if code:
                raise Exit(code=code)

        declared: Task[Any] = task(klass=Verb, auto_shortflags=False, **options)(run)
        return declared

    return declare


def run_verb(function: Callable[..., int | None], *arguments: Any, **values: Any) -> int:
    """Call it, and turn what it raises into a sentence on stderr and an exit code."""
    try:
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


def say(line: str) -> None:
    """One line of progress or trouble; stdout is for data."""
    sys.stderr.write(line.rstrip() + "\n")
    sys.stderr.flush()
