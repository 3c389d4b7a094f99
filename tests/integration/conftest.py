"""The cases of the lab's edge, and the tests beside, run beside the first tests of this folder."""

from __future__ import annotations

import pytest

from tests import beside
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


@pytest.fixture(scope="session")
def tests_beside(request: pytest.FixtureRequest) -> None:
    """Begun, where there are any, as soon as the lab stands."""
    items = request.session.items
    if any(map(beside.is_beside, items)) and not request.config.option.lab_stands:
        request.getfixturevalue("lab")
        LANE.add(beside.command_of(items))


@pytest.fixture(scope="session", autouse=True)
def waiting(edge_cases: Command | None, tests_beside: None) -> None:
    """Both wait most of the time; the edge's cases have a HAProxy of their own."""


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))
