"""What every test needs: the target side under Ansible's name, and an orderly end on SIGTERM.

And one lab for all tests of a session that want one; ROLLWAY_KEEP_LAB=1 keeps it afterwards.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import ansible.module_utils
import pytest

from tests.integration.lab_fleet import Lab, bring_up, invoke
from tests.lane import LANE

ROOT = Path(__file__).resolve().parents[1]
ENV = os.environ.get("ROLLWAY_TEST_LAB", "lab-test")
HOSTS = 3
_TARGET_SIDE = str(ROOT / "plugins" / "module_utils")

if _TARGET_SIDE not in ansible.module_utils.__path__:
    ansible.module_utils.__path__.append(_TARGET_SIDE)


def pytest_configure() -> None:
    """A CI's abort is SIGTERM: end as after Ctrl-C, so that fixtures take their labs down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(trylast=True)  # after the fixtures of an interrupted session
def pytest_sessionfinish() -> None:
    """An interrupted session leaves nothing running beside it."""
    LANE.close()


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
