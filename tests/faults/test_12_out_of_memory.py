"""A version that takes more memory than it may: it is killed, said to be, and never serves.

Whether two releases fit on a host beside each other is decided before; tests of plans have that.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.fleet import Fleet
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import environment
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault

KILLED = 137
# 600 MB, written to; the demo's limit is 192 MB, and as much of swap where there is any
GREEDY = """    command: [python3, -c, "b'x' * (600 << 20)"]\n"""
BEFORE = "    restart: unless-stopped\n"


@pytest.fixture
def greedy(fleet: Fleet) -> Iterator[Lab]:
    """The same hosts, where the demo takes all the memory it can get."""
    with changed_demo(_greedy) as apps, environment(fleet.lab, "row12", apps_dir=apps) as env:
        yield env


def _greedy(text: str) -> str:
    assert text.count(BEFORE) == 1
    return text.replace(BEFORE, f"{GREEDY}{BEFORE}")


def test_a_version_that_is_killed_for_its_memory_never_serves(fleet: Fleet, greedy: Lab) -> None:
    with fleet.unchanged(), fleet.unharmed():
        result = fleet.deploy(fleet.other, lab=greedy, code=exits.FAILED)
    ended = [one for problem in result["problems"] for one in problem["containers"]]
    print(f"out of memory: {result['reasons']}; {ended}")
    assert any(one["oom"] or one["exit_code"] == KILLED for one in ended)
