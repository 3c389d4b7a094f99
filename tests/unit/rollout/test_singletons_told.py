"""What status, drift, plans and removals say of singletons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.report.plan_table import plan_lines
from rollway.report.status import fleet_status
from rollway.report.table import status_lines
from rollway.rollout.drift import singletons_astray
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from rollway.rollout.removal import removal_calls
from tests.unit.rollout.fleet_fixtures import fleet, manifest, request, steady_fleet
from tests.unit.rollout.singletons_fixtures import asked_with_beat, fleet_with, with_beat


def test_a_remove_leaves_a_note_of_hosts_that_are_gone(tmp_path: Path) -> None:
    asked = request("remove")
    plan = decide(asked, fleet_with("app-2", placed=["app-2", "app-9"]))
    journal = Journal(tmp_path)
    journal.append(Event("vacate", "edge-1", result={"changed": True}))
    for name in ("app-2", "edge-1"):
        found = removal_calls(asked, journal, step="remove", host=name, plan=plan)
        assert not isinstance(found, str), found
        assert found[0].arguments["placed"] == {"beat": ["app-9"]}


def _status(acquired: dict[str, Event]) -> dict[str, Any]:
    acquired["edge-1"].result["edge"] = {}
    return fleet_status(asked_with_beat("status"), acquired)


def test_status_says_where_it_runs() -> None:
    cases = [(("app-2",), ["app-2"], "app-2"), ((), [], "runs nowhere")]
    for having, hosts, words in cases:
        status = _status(fleet_with(*having))
        assert status["singletons"] == [{"service": "beat", "hosts": hosts}]
        assert f"singleton beat: {words}" in status_lines(status)


def test_a_host_is_well_without_the_one_that_moved_away() -> None:
    acquired = fleet_with("app-2")
    for name in ("app-1", "app-2"):
        listed = [("api-1", "running"), ("beat-1", "exited")]
        acquired[name].result["containers"] = {
            "blue": [{"service": one, "state": state, "image": "i"} for one, state in listed]
        }
    hosts = _status(acquired)["hosts"]
    assert [one["healthy"] for one in hosts[:2]] == [True, False]


def _answer(name: str, having: list[str], **changes: Any) -> Event:
    result = {"ok": True, "state": {"singletons": having}, "serving": with_beat(manifest("a"))}
    return Event("drift", name, result={**result, **changes})


ASTRAY: list[Any] = [
    pytest.param(["beat"], ["beat"], {}, ["on record on app-1, app-2"], id="two"),
    pytest.param([], [], {}, ["on record on no host: it runs nowhere"], id="none"),
    pytest.param(["beat"], [], {}, [], id="one"),
    pytest.param([], [], {"lock": {"id": "run-9"}}, [], id="a run is at work"),
]


@pytest.mark.parametrize(("first", "second", "changes", "found"), ASTRAY)
def test_drift_counts_them_over_the_fleet(
    first: list[str], second: list[str], changes: dict[str, Any], found: list[str]
) -> None:
    asked = request("drift", app_hosts=["app-1", "app-2"])
    told = fleet(_answer("app-1", first, **changes), _answer("app-2", second))
    assert [one["found"] for one in singletons_astray(asked, told)] == found
    more = request("drift", app_hosts=["app-1", "app-2"], outside=["app-3"])
    known = [one for one in found if "no host" not in one]
    assert [one["found"] for one in singletons_astray(more, told)] == known


def test_the_plan_names_its_host_and_no_other_shows_it() -> None:
    asked, acquired = asked_with_beat(beat={"hosts": ["app-3"]}), fleet_with("app-2")
    shown = preview(decide(asked, acquired), asked, acquired)
    assert "singleton beat: from app-2 to app-3" in plan_lines(shown, with_diff=False)
    services = {
        one["host"]: [each["service"] for each in one["services"]] for one in shown["hosts"]
    }
    assert services == {"app-1": ["api"], "app-2": ["api", "beat"], "app-3": ["api", "beat"]}


def test_nothing_is_added_to_a_run_without_any() -> None:
    plan = decide(request(), steady_fleet())
    assert (plan.singletons, plan.still_hosts, plan.place_hosts, plan.home_hosts) == (
        [],
        [],
        [],
        [],
    )
