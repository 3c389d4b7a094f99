"""The steps of `./invoke check`; see conftest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rollway.checking import quick_steps
from tests.lane import LANE, Command

YIELDING = ("nice", "-n", "10")  # to the lab and its load
STEPS = [pytest.param((*YIELDING, *step.command), id=step.name) for step in quick_steps()]


@pytest.mark.parametrize("command", STEPS)
def test_step(command: Command, record_property: Callable[[str, object], None]) -> None:
    ran = LANE.ran(command)
    record_property("said", "".join(ran.stdout.splitlines()[-1:]))
    assert ran.returncode == 0, ran.stdout + ran.stderr
