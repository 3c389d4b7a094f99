from __future__ import annotations

import pytest

from rollway.checking import STATIC, Step, run_step


@pytest.mark.parametrize("step", [pytest.param(step, id=step.name) for step in STATIC])
def test_finds_nothing(step: Step) -> None:
    outcome = run_step(step)
    assert outcome.code == 0, outcome.output
