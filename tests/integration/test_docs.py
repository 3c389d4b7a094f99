"""Every command in the documentation is run, on the lab instead of the environment it names.

That each is one of ours, with options that it has: tests/contract/test_documented_commands.py.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.contract.repository import console_lines
from tests.failures import run_noted
from tests.integration.fault_fleet import GOOD, build, deploy, serve
from tests.integration.lab_fleet import ROOT, Lab

pytestmark = pytest.mark.lab

# Of the other verbs CI's other tests do the same to this lab, and more.
IN_CI = ("audit", "history", "lock", "maintenance", "prune")
PAGES = [
    ROOT / "README.md",
    *(
        ROOT / "docs" / f"{name}.md"
        for name in (
            *("audit", "build", "deploy", "doctor", "drift", "exec", "history", "lock", "logs"),
            *("maintenance", "plan", "prune", "restart", "rollback", "scale", "status"),
        )
    ),
    ROOT / "docs" / "provision.md",
    ROOT / "docs" / "remove.md",  # the last one: nothing is released afterwards
]
# Run by other means: CI runs `test` itself, which runs `check`'s steps.
ELSEWHERE = ("./invoke test", "./invoke check")
# What the pages name, and what the lab has in its place.
NAMES = {"app-2.staging.example.com": "app-2", "1.0.0": GOOD[0], "1.1.0": GOOD[1]}


def commands_of(page: Path) -> list[str]:
    """The commands of a page that the tests here run, in their order."""
    return [line for line in console_lines(page) if not line.startswith(ELSEWHERE)]


def on_the_lab(command: str, lab: Lab) -> list[str]:
    """The same command for the lab; a deploy without a version means the commit only on local."""
    words = [
        re.sub(r"(--env=|inventories/)(local|staging)\b", rf"\1{lab.env}", word)
        for word in shlex.split(command)
    ]
    for old, new in NAMES.items():
        words = [word.replace(old, new) for word in words]
    words = [word.removeprefix(".venv/bin/") for word in words]
    told = any(word.startswith(("--version", "--plan")) for word in words)
    if words[:2] == ["./invoke", "deploy"] and not told:
        words.append(f"--version={GOOD[0]}")
    return words


@pytest.fixture(scope="module")
def released(lab: Lab) -> Lab:
    """The lab with the two versions that the pages speak of."""
    serve(lab, GOOD[0])
    build(lab, GOOD[1])
    deploy(lab, GOOD[1])
    lab.invoke("doctor", "--fix")  # what other tests have left
    return lab


def _case(page: Path) -> Any:
    marks = [] if page.stem in IN_CI else [pytest.mark.long]
    return pytest.param(page, id=page.stem, marks=marks)


@pytest.mark.parametrize("page", [_case(page) for page in PAGES])
def test_the_commands_of_a_page_work(page: Path, released: Lab) -> None:
    commands = commands_of(page)
    assert commands
    for command in commands:
        ran = run_noted(on_the_lab(command, released))
        assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
