"""The steps of `check` and where tests lie: one list for the command line and for pytest."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_BIN: Final = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """One check: a name for people, and the command, found in `.venv/bin`."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How a step ended: its exit code, seconds, and what it printed."""

    step: Step
    code: int
    seconds: float
    output: str


STATIC: Final = (
    Step("ansible-lint", ("ansible-lint", "--offline", "--nocolor", "-q")),
    Step("mypy", ("mypy", "--no-error-summary")),
    Step("ruff format", ("ruff", "format", "--check", "--quiet", ".")),
    Step("ruff check", ("ruff", "check", "--quiet", ".")),
    Step("yamllint", ("yamllint", "--strict", ".")),
)
"""Checks that read files only; the slow ones first, since two or more run at once."""

QUICK_TESTS: Final = ("tests/unit", "tests/contract", "apps")
"""Tests of `check`: no network, no lab."""

LAB_TESTS: Final = ("tests/molecule", "tests/integration", "tests/faults")
"""Tests that want real hosts, most of them the same lab."""

TESTS: Final = (*LAB_TESTS, "tests/check")
"""Tests of `test` in this order; the last ones run beside the others, and are waited for."""


def quick_steps(*, root: Path = ROOT) -> tuple[Step, ...]:
    """All that `check` runs."""
    options = ["-q", "-p", "no:cacheprovider", "--numprocesses=auto", "--dist=worksteal"]
    tests = Step("unit and contract tests", pytest_command(QUICK_TESTS, root=root, options=options))
    return (tests, *STATIC)


def pytest_command(
    folders: Sequence[str], *, root: Path = ROOT, options: Sequence[str] = ()
) -> tuple[str, ...]:
    """The pytest command over those of the folders that exist."""
    present = [folder for folder in folders if (root / folder).is_dir()]
    return ("pytest", *options, *present)


def run_steps(
    steps: Sequence[Step], *, say: Callable[[Outcome], None], root: Path = ROOT
) -> list[Outcome]:
    """Runs the steps, as many at once as there are cores, and says each as it ends."""

    def run(step: Step) -> Outcome:
        outcome = run_step(step, root=root)
        say(outcome)
        return outcome

    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        return list(pool.map(run, steps))


def run_step(step: Step, *, root: Path = ROOT) -> Outcome:
    """Runs one step in the repository's root; its output comes back whole, errors included."""
    started = time.monotonic()
    ended = subprocess.run(
        [str(_BIN / step.command[0]), *step.command[1:]],
        cwd=root,
        env=environment(root),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(step, ended.returncode, time.monotonic() - started, ended.stdout)


def environment(root: Path = ROOT) -> dict[str, str]:
    """The environment of tools: ours first on PATH, and Ansible's settings of this repository."""
    path = os.pathsep.join([str(_BIN), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "ANSIBLE_CONFIG": str(root / "ansible.cfg")}
