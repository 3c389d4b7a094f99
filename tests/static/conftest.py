"""The static checks run while unit tests do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lane import LANE, commands_of

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Before Molecule, which writes into this checkout."""
    for command in commands_of(session, HERE):
        LANE.add(command)
