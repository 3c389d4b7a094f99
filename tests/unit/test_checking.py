from __future__ import annotations

from pathlib import Path

import pytest

from rollway.checking import Outcome, Step, pytest_command, quick_steps, run_steps
from rollway.cli import check


def test_only_folders_that_exist_are_given_to_pytest(tmp_path: Path) -> None:
    (tmp_path / "tests/unit").mkdir(parents=True)
    command = pytest_command(["tests/unit", "tests/faults"], root=tmp_path, options=["-q"])
    assert command == ("pytest", "-q", "tests/unit")


def test_every_step_of_check_has_a_name_of_its_own() -> None:
    names = [step.name for step in quick_steps()]
    assert len(names) == len(set(names))


def test_steps_are_said_as_they_end_and_returned_in_order(tmp_path: Path) -> None:
    steps = [
        Step("first", ("python", "-c", "import sys; print('x'); sys.exit(3)")),
        Step("second", ("python", "-c", "import os, sys; print(os.getcwd(), file=sys.stderr)")),
    ]
    said: list[Outcome] = []
    outcomes = run_steps(steps, say=said.append, root=tmp_path)
    assert [(outcome.step.name, outcome.code, outcome.output) for outcome in outcomes] == [
        ("first", 3, "x\n"),
        ("second", 0, f"{tmp_path}\n"),
    ]
    assert sorted(outcome.step.name for outcome in said) == ["first", "second"]


LINES = [
    pytest.param(Outcome(Step("mypy", ()), 0, 1.25, "noise"), "mypy: ok (1.2 s)\n", id="well"),
    pytest.param(
        Outcome(Step("mypy", ()), 1, 0.5, "a.py:1: error\n"),
        "mypy: FAILED with 1 (0.5 s)\na.py:1: error\n",
        id="not well",
    ),
]


@pytest.mark.parametrize(("outcome", "line"), LINES)
def test_a_step_is_a_line(outcome: Outcome, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    check.say_step(outcome)
    assert capsys.readouterr() == ("", line)


def test_the_end_names_what_failed() -> None:
    assert check.end_line([], seconds=9.0) == "check: all well (9.0 s)"
    assert check.end_line(["mypy", "ruff"], seconds=9.0) == "check: failed: mypy, ruff (9.0 s)"
