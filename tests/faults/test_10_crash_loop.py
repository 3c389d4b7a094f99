"""A container that ends and starts again for ever never gets traffic, with a health check or not.

On one host, with a server of its own: tests/integration/test_target.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.fleet import Fleet
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import build, environment
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

CRASHES = "v-crashes"
HEALTH_CHECK = re.compile(r"    healthcheck:\n(?:      .*\n)+")


@pytest.fixture
def unchecked(fleet: Fleet) -> Iterator[Lab]:
    """The same hosts, where the demo has no health check."""
    with (
        changed_demo(_without_check) as apps,
        environment(fleet.lab, "row10", apps_dir=apps) as env,
    ):
        yield env


def _without_check(text: str) -> str:
    changed, count = HEALTH_CHECK.subn("", text)
    assert count == 1
    return changed


def test_a_crash_loop_leaves_the_old_release_serving(fleet: Fleet, unchecked: Lab) -> None:
    build(fleet.lab, CRASHES, FAULT="crash_loop")
    before = fleet.lab.status()["release"]
    for lab in (fleet.lab, unchecked):
        with fleet.unchanged(), fleet.unharmed():
            result = fleet.deploy(CRASHES, lab=lab, code=exits.FAILED)
        assert f"-{CRASHES} failed; the whole fleet serves {before}" in result["said"]
        assert _says_how_it_ended(result["problems"])


def _says_how_it_ended(problems: object) -> bool:
    return re.search(r"restarted \d+ times|ended with exit code", json.dumps(problems)) is not None
