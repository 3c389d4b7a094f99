"""The steps of `check` begin at once, and run beside the tests on the lab, which wait a lot."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from tests.lane import LANE, Command

HERE = Path(__file__).parent


def pytest_runtestloop(session: pytest.Session) -> None:
    if session.config.option.collectonly or session.testsfailed:
        return
    tests = [item for item in session.items if isinstance(item, pytest.Function)]
    for item in tests:
        if item.path.parent == HERE:
            LANE.add(cast("Command", item.callspec.params["command"]))
