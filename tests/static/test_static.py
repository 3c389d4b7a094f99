"""Checks that read files only: all at once, since they wait for each other no more than needed."""

from __future__ import annotations

import pytest

from rollway.checking import STATIC, Outcome, Step, run_steps


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return {one.step.name: one for one in run_steps(STATIC, say=lambda _outcome: None)}


@pytest.mark.parametrize("step", [pytest.param(step, id=step.name) for step in STATIC])
def test_finds_nothing(step: Step, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[step.name]
    assert outcome.code == 0, outcome.output
