"""Molecule runs while unit tests do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lane import LANE, commands_of
from tests.molecule.hosts import CREATE, DESTROY, REMAINS

HERE = Path(__file__).parent


def pytest_runtestloop(session: pytest.Session) -> None:
    if chosen := commands_of(session, HERE):
        for command in (*REMAINS, CREATE, *chosen):
            LANE.add(command)
        LANE.add(DESTROY, is_cleanup=True)
