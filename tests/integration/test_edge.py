"""The edge on a real HAProxy: this machine's, where it has one, and the one of a lab's edge."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.integration.edge_cases import CASES
from tests.integration.edge_place import Results, run_here
from tests.lane import LANE, Command

pytestmark = pytest.mark.lab


@pytest.fixture(scope="session")
def seen_on_edge(edge_cases: Command) -> Results:
    """What became of the cases; conftest has begun them."""
    ran = LANE.ran(edge_cases)
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.long(seconds=120)
def test_this_machine_s_haproxy(tmp_path: Path) -> None:
    if shutil.which("haproxy") is None:
        pytest.skip("this machine has no HAProxy; the lab's edge runs the same cases")
    seen = run_here(tmp_path)
    assert {name: one["said"] for name, one in seen.items() if not one["ok"]} == {}
    assert list(seen) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_lab_s_edge(seen_on_edge: Results, name: str) -> None:
    print(seen_on_edge[name]["said"])
    assert seen_on_edge[name]["ok"], seen_on_edge[name]["said"]
