"""One lab for all integration tests of a session; ROLLWAY_KEEP_LAB=1 keeps it afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.integration.lab_fleet import Lab, bring_up, invoke

ENV = os.environ.get("ROLLWAY_TEST_LAB", "lab-test")
HOSTS = 3


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Three app hosts, an edge and a registry, provisioned; taken down at the end."""
    try:
        yield bring_up(ENV, hosts=HOSTS)
    finally:
        if os.environ.get("ROLLWAY_KEEP_LAB") != "1":
            invoke("lab.down", f"--env={ENV}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What uses the lab is marked so: `-m "not lab"` leaves it out."""
    for item in items:
        if "lab" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.lab)
