from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.report.result import write_report
from rollway.rollout.clocks import clock_notes
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from tests.unit.rollout.fleet_fixtures import request, steady_fleet

ANSWERED = 1000.0
BEHIND = "app-1: its clock is 3600 s behind this controller's; next: timedatectl on app-1"
AHEAD = "app-1: its clock is 6 s ahead of this controller's; next: timedatectl on app-1"
READ: list[Any] = [
    pytest.param({"facts": {"wall": ANSWERED}}, [], id="the same time"),
    pytest.param({"facts": {"wall": 995.1}}, [], id="a little behind"),
    pytest.param({"facts": {"wall": 1004.9}}, [], id="a little ahead"),
    pytest.param({"facts": {"wall": -2600.0}}, [BEHIND], id="an hour behind"),
    pytest.param({"facts": {"wall": 1006.0}}, [AHEAD], id="ahead"),
    pytest.param({"facts": {"wall": 990.0}, "seconds": 9.0}, [], id="read before a long wait"),
    pytest.param({"facts": {"wall": -2609.0}, "seconds": 9.0}, [BEHIND], id="both"),
    pytest.param({"facts": {}}, [], id="a host that does not say"),
    pytest.param({"msg": "no answer"}, [], id="a lost host"),
]


@pytest.mark.parametrize(("result", "notes"), READ)
def test_a_clock_that_is_off_is_told(result: dict[str, Any], notes: list[str]) -> None:
    assert clock_notes([Event("acquire", "app-1", time=ANSWERED, result=result)]) == notes


def _skewed_fleet() -> dict[str, Event]:
    acquired = steady_fleet()
    acquired["app-1"] = Event("acquire", "app-1", time=ANSWERED, result=acquired["app-1"].result)
    acquired["app-1"].result["facts"] = {"wall": -2600.0}
    return acquired


def test_a_plan_warns_of_it() -> None:
    asked, acquired = request(reads_only=True), _skewed_fleet()
    assert BEHIND in preview(decide(asked, acquired), asked, acquired)["warnings"]


def test_a_run_notes_it_at_its_end(tmp_path: Path) -> None:
    asked, acquired = request(), _skewed_fleet()
    asked.save(tmp_path)
    decide(asked, acquired).save(tmp_path)
    for event in acquired.values():
        Journal(tmp_path).append(event)
    assert write_report(tmp_path)["notes"] == [BEHIND]
