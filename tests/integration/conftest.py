"""The cases of the lab's edge run beside the first tests of this folder."""

from __future__ import annotations

import pytest

from tests.integration.edge_place import on_edge
from tests.lane import LANE, Command

EDGE = "edge-1"


@pytest.fixture(scope="session")
def edge_cases(request: pytest.FixtureRequest) -> Command | None:
    """The command, begun; None where no test waits for it."""
    if not any("seen_on_edge" in _fixtures(item) for item in request.session.items):
        return None
    command = on_edge(request.getfixturevalue("lab").inventory, EDGE)
    LANE.add(command)
    return command


@pytest.fixture(scope="session", autouse=True)
def beside(edge_cases: Command | None) -> None:
    """They have a HAProxy of their own, and wait most of the time."""


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))
