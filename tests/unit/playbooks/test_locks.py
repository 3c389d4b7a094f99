"""The playbooks about locks, run for real over hosts that refuse to answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollway import exits
from tests.unit.playbooks.fleet import HOST_NAMES, RUN, run_playbook

ENDS = [
    pytest.param("lock_status", {}, exits.REFUSED, "no host answers", id="lock.status"),
    pytest.param(
        "lock_acquire",
        {"rollway_reason": "moving the database"},
        exits.REFUSED,
        "refused; nothing was changed",
        id="lock.acquire",
    ),
    pytest.param(
        "lock_release",
        {"rollway_target": "run-9"},
        exits.REFUSED,
        "refused; nothing was changed",
        id="lock.release",
    ),
]


@pytest.mark.parametrize(("playbook", "variables", "code", "sentence"), ENDS)
def test_a_fleet_that_does_not_answer_is_named_and_left_alone(
    playbook: str, variables: dict[str, str], code: int, sentence: str, inventory: Path
) -> None:
    ran = run_playbook(inventory, variables, verb=playbook)
    assert ran.returncode != 0
    found = json.loads((inventory / RUN / "locks.json").read_text())
    assert (found["exit"], found["sentence"]) == (code, sentence)
    assert {one["host"] for one in found["problems"]} == HOST_NAMES
    events = (inventory / RUN / "events.jsonl").read_text().splitlines()
    assert {json.loads(line)["step"] for line in events} == {"look"}


def test_a_freeze_without_a_reason_is_wrong_use(inventory: Path) -> None:
    run_playbook(inventory, {}, verb="lock_acquire")
    error = json.loads((inventory / RUN / "error.json").read_text())
    assert (error["where"], error["found"]) == ("--reason", "no reason was given")
    assert error["exit"] == exits.USAGE
