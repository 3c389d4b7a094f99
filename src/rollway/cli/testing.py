"""`test`: everything that fits CI, as one pytest run whose summary is the last thing printed."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

from rollway.cli.verb import verb


@verb(
    name="test",
    help={
        "long": "Also the long series",
        "only": "Only tests whose names match, as pytest's -k",
    },
)
def run_tests(_context: Any, long: bool = False, only: str = "") -> None:
    """Run all checks, unit, contract, Molecule and integration tests; makes labs of its own."""
    from rollway.checking import TESTS, pytest_command

    _become(pytest_command(TESTS, options=[*_selection(long=long, only=only), "--durations=40"]))


def _selection(*, long: bool, only: str) -> list[str]:
    return [*([] if long else ["-m", "not long"]), *(["-k", only] if only else [])]


def _become(command: tuple[str, ...]) -> NoReturn:
    """Give the process to pytest: signals reach it directly, and its exit code is ours."""
    from rollway.checking import ROOT, environment

    sys.stdout.flush()
    os.chdir(ROOT)
    program = [sys.executable, "-m", *command]
    os.execve(sys.executable, program, environment())  # noqa: S606 - no shell is wanted
