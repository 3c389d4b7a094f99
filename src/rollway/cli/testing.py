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
    from rollway.checking import LAB_TESTS, QUICK_TESTS, TESTS, pytest_command

    folders = (*QUICK_TESTS, *LAB_TESTS) if only else TESTS
    _become(pytest_command(folders, options=_selection(long=long, only=only)))


def _selection(*, long: bool, only: str) -> list[str]:
    """All tests with `long`; else those of CI, and some long ones in turn unless some are named."""
    chosen = [] if long else ["-m", "not long"] if only else ["--rotation"]
    return [*chosen, *(["-k", only] if only else [])]


def _become(command: tuple[str, ...]) -> NoReturn:
    """Give the process to pytest: signals reach it directly, and its exit code is ours."""
    from rollway.checking import ROOT, environment

    sys.stdout.flush()
    os.chdir(ROOT)
    program = [sys.executable, "-m", *command]
    os.execve(sys.executable, program, environment())  # noqa: S606 - no shell is wanted
