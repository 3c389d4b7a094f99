"""Steps: what a plan makes, what playbooks ask for, what roles take, and what people are told."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from rollway.report.lines import say
from rollway.report.phases import DOING, DONE
from rollway.rollout.arbiter import ACQUIRE, WAITING_STEPS
from rollway.rollout.journal import Event
from rollway.rollout.plan import BackStep, WaveStep
from tests.contract.repository import ROOT, files, loaded, named

WAVE, BACK = get_args(WaveStep), get_args(BackStep)
MOVES = {"_moves": WAVE, "undo_moves": BACK}  # who makes them → which
CONCLUDE = "conclude"  # its sentence is what is said of an unknown step, too
READING = ("drift", "history", "audit")  # nothing is said of what was only read


def _asked(action: str) -> Iterator[str]:
    """The steps that tasks of the roles name; a loop's come from the plan."""
    for path in files("roles/*/tasks/*.yml"):
        for task in loaded(path) or []:
            step = str((task.get(action) or {}).get("step", "{{"))
            if "{{" not in step:
                yield step


def _made(path: Path) -> dict[str, set[str]]:
    """Function → the steps of the moves that it makes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "Move":
                found.setdefault(function.name, set()).add(ast.literal_eval(call.args[0]))
    return found


def _options(role: str) -> dict[str, Any]:
    specs = loaded(ROOT / "roles" / role / "meta/argument_specs.yml")["argument_specs"]
    return dict(specs["main"]["options"])


STEPS = sorted({*_asked("rollway_step"), *WAVE, *BACK})


def test_a_plan_makes_these_moves_and_nobody_else_makes_any() -> None:
    found = {named(path): made for path in files("src/rollway/*.py") if (made := _made(path))}
    expected = {name: set(steps) for name, steps in MOVES.items()}
    assert found == {"src/rollway/rollout/plan.py": expected}


def test_the_role_of_waves_takes_every_step_of_a_plan_and_no_other() -> None:
    assert _options("waves")["waves_moves"]["options"]["step"]["choices"] == list(WAVE)


@pytest.mark.parametrize("path", files("playbooks/*.yml", "playbooks/parts/*.yml"), ids=named)
def test_a_playbook_s_verb_is_one_that_the_role_takes(path: Path) -> None:
    verbs = {line.split()[1] for line in path.read_text().splitlines() if "release_verb:" in line}
    assert verbs <= set(_options("release")["release_verb"]["choices"])


@pytest.mark.parametrize("step", STEPS)
def test_a_step_has_a_sentence_of_its_own(step: str) -> None:
    unknown = say(Event("no such step", "app-1"), None)
    if step not in {CONCLUDE, *READING, *WAITING_STEPS}:
        assert say(Event(step, "app-1", wave=0), None) != unknown


@pytest.mark.parametrize("step", STEPS)
def test_a_table_has_words_for_a_step(step: str) -> None:
    assert DOING.get(step)
    assert DONE.get(ACQUIRE if step in WAITING_STEPS else step)
