"""`bench`: how long a release takes, beside other ways to do it, in one run on a lab of its own."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

from rollway.cli.verb import verb


@verb(
    help={
        "hosts": "Sizes of the fleet: numbers with commas between; 3,6",
        "rounds": "How often each method is measured; 3",
        "growth": "Also Rollway alone over 3, 6 and 12 hosts",
        "growth_hosts": "The same over these sizes, up to 50: 3,12,25",
        "json": "Print the result as JSON on stdout",
        "save": "Also write the result to benchmarks/results/",
    }
)
def bench(
    _context: Any,
    hosts: str = "",
    rounds: str = "",
    growth: bool = False,
    growth_hosts: str = "",
    json: bool = False,
    save: bool = False,
) -> None:
    """Measure a release by Rollway, Ansible and a script in turn; minutes, on a lab of its own."""
    values = {"hosts": hosts, "rounds": rounds, "growth-hosts": growth_hosts}
    flags = {"growth": growth, "json": json, "save": save}
    given = [f"--{name}={value}" for name, value in values.items() if value]
    _become([*given, *(f"--{name}" for name, is_set in flags.items() if is_set)])


def _become(options: list[str]) -> NoReturn:
    """Give the process to the benchmarks: they are no part of the package."""
    from rollway.checking import ROOT, environment

    sys.stdout.flush()
    os.chdir(ROOT)
    command = [sys.executable, "-m", "benchmarks", *options]
    os.execve(sys.executable, command, environment())  # noqa: S606 - no shell is wanted
