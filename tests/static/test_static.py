"""Checks that read files only."""

from __future__ import annotations

import pytest

from rollway.checking import STATIC
from tests.lane import LANE, Command


@pytest.mark.parametrize("command", [pytest.param(one.command, id=one.name) for one in STATIC])
def test_finds_nothing(command: Command) -> None:
    ran = LANE.ran(command)
    assert ran.returncode == 0, ran.stdout + ran.stderr
