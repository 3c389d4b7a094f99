"""A run that finds another's lock: it waits if asked to, then plans from what it finds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from tests.unit.playbooks.fleet import RUN, run_playbook

ONE_HOST = """
all:
  vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  children:
    app: {hosts: {app-1: {rollway_address: 192.0.2.1}}}
    edge: {hosts: {edge-1: {}}}
"""


@pytest.fixture
def small(inventory: Path) -> Path:
    (inventory / "hosts.yml").write_text(ONE_HOST)
    return inventory


def _run(
    inventory: Path, *, edge: int = 0, app: int = 0, wait: str = "", what: str = "locked"
) -> dict[str, Any]:
    """Run a rollback; so many calls on the edge and the app host find a lock or a step."""
    for place, count in (("edge", edge), ("app", app)):
        (inventory / f"{what}-{place}.json").write_text(json.dumps(count))
    variables = {"rollway_wait_lock": wait} if wait else {}
    ran = run_playbook(inventory, variables, stand_in=str(inventory))
    path = inventory / RUN / "result.json"
    assert path.exists(), ran.stdout + ran.stderr
    return {**json.loads(path.read_text()), "said": ran.stdout}


def _steps(inventory: Path) -> list[tuple[str, str, bool]]:
    lines = (inventory / RUN / "events.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return [(one["step"], one["host"], one["ok"]) for one in found if one["step"] != "conclude"]


def test_a_run_that_waits_goes_on_when_the_other_ends(small: Path) -> None:
    result = _run(small, edge=2, wait="60")
    assert _steps(small) == [
        ("queue", "edge-1", True),  # told once, although it asked twice
        ("acquire", "edge-1", True),
        ("acquire", "app-1", False),
    ]
    assert [one["host"] for one in result["problems"]] == ["app-1"]
    assert result["exit"] == exits.REFUSED


def test_a_run_whose_time_is_over_has_taken_nothing(small: Path) -> None:
    result = _run(small, edge=100, wait="1")
    assert result["exit"] == exits.LOCKED
    assert [one["host"] for one in result["problems"]] == ["edge-1"]
    assert {host for _, host, _ in _steps(small)} == {"edge-1"}


def test_who_is_granted_the_arbiter_asks_the_others_again(small: Path) -> None:
    result = _run(small, app=2)
    assert [step for step in _steps(small) if step[1] == "app-1"] == [
        ("acquire", "app-1", False),
        ("queue", "app-1", True),
        ("acquire", "app-1", False),
    ]
    assert result["problems"][0]["found"] == "it is a stand-in"


def test_who_is_refused_at_the_arbiter_does_not_wait_elsewhere(small: Path) -> None:
    result = _run(small, edge=1, app=1)
    assert result["exit"] == exits.LOCKED
    assert sorted(_steps(small)) == [("acquire", "app-1", False), ("acquire", "edge-1", False)]


def test_a_step_of_a_killed_run_is_waited_for_at_the_arbiter_and_elsewhere(small: Path) -> None:
    result = _run(small, edge=2, app=3, what="busy")
    assert sorted(_steps(small)) == [
        ("acquire", "app-1", False),
        ("acquire", "app-1", False),
        ("acquire", "edge-1", False),
        ("acquire", "edge-1", True),
        ("queue", "app-1", True),
        ("queue", "edge-1", True),
    ]
    assert result["exit"] == exits.REFUSED  # by the stand-in, and no more by the step
    lines = (small / RUN / "events.jsonl").read_text().splitlines()
    told = next(one for one in map(json.loads, lines) if one["step"] == "queue")
    assert told["result"]["seconds_left"] == 577
