"""A hold is about the hosts of its run, and about no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import (
    acquired_host,
    manifest,
    release,
    request,
    steady_fleet,
)
from tests.unit.rollout.hold_fixtures import HOLD, PAUSE, STARTED, bake_failed, held_fleet


def _limited_fleet(**changes: Any) -> dict[str, Event]:
    """A run limited to two hosts was held; the third serves the release before, unlocked."""
    acquired = held_fleet()
    for name in ("app-1", "app-2", "edge-1"):
        acquired[name].result["hold"] = {**HOLD, "hosts": ["app-1", "app-2"]}
    acquired["app-3"] = acquired_host(
        "app-3", active="blue", blue="1-a", releases={"1-a": release("a")}
    )
    return {**acquired, **changes}


def test_a_hold_names_the_hosts_of_its_run(tmp_path: Path) -> None:
    asked = request(
        manifest=manifest("b", rollout=PAUSE), app_hosts=["app-1", "app-2"], outside=["app-3"]
    )
    asked.save(tmp_path)
    decide(asked, steady_fleet()).save(tmp_path)
    for event in (STARTED, bake_failed()):
        Journal(tmp_path).append(event)
    work = work_for(tmp_path, step="conclude", host="edge-1")
    assert not isinstance(work, Skip)
    assert work[0].arguments["hold"]["hosts"] == ["app-1", "app-2"]


@pytest.mark.parametrize(
    ("verb", "waves"),
    [("promote", [["app-2"]]), ("abort", [["app-1"]]), ("rollback", [["app-1"]])],
)
def test_a_decision_is_about_the_hosts_of_the_held_run(verb: str, waves: list[list[str]]) -> None:
    plan = decide(request(verb), _limited_fleet())
    assert plan.refusal is None
    assert (list(plan.hosts), plan.waves, plan.outside) == (["app-1", "app-2"], waves, ["app-3"])
    assert [one["name"] for one in plan.kept["edge-1"]] == ["app-3-blue-1"]


def test_a_host_outside_the_held_run_may_be_gone() -> None:
    gone = Event("acquire", "app-3", ok=False, unreachable=True)
    assert decide(request("abort"), _limited_fleet(**{"app-3": gone})).refusal is None


def test_a_host_outside_the_held_run_is_unlocked_and_remembers_nothing(tmp_path: Path) -> None:
    asked = request("promote")
    asked.save(tmp_path)
    decide(asked, _limited_fleet()).save(tmp_path)
    work = work_for(tmp_path, step="conclude", host="app-3")
    assert not isinstance(work, Skip)
    arguments = work[0].arguments
    assert (arguments["outcome"], arguments["record"]["result"]) == ("aborted", "outside")
    assert "voids" not in arguments


def test_a_limit_that_leaves_out_a_held_host_is_refused() -> None:
    asked = request("rollback", app_hosts=["app-1"], outside=["app-2", "app-3"])
    plan = decide(asked, _limited_fleet())
    assert plan.refusal is not None
    assert plan.refusal.problems == [
        {
            "where": "--limit",
            "found": "it leaves out app-2, where 2-b is held too",
            "accepted": "app-1, app-2",
            "next": "./invoke rollback --env=local --app=iris",
        }
    ]


def test_a_held_host_that_left_the_inventory_holds_up_nobody() -> None:
    acquired = _limited_fleet()
    acquired["edge-1"].result["hold"]["hosts"] = ["app-1", "gone"]
    asked = request("abort", app_hosts=["app-2", "app-3"])
    left = {name: event for name, event in acquired.items() if name != "app-1"}
    for name in ("app-2", "app-3"):
        left[name].result["hold"] = None
    plan = decide(asked, left)
    assert (plan.refusal, list(plan.hosts)) == (None, ["app-2", "app-3"])


def test_an_edge_outside_the_held_run_that_is_an_app_host_too_ends_it_as_an_edge(
    tmp_path: Path,
) -> None:
    acquired = _limited_fleet()
    both = acquired["app-3"].result
    both["edge"], both["hold"] = (
        acquired["edge-1"].result["edge"],
        acquired["edge-1"].result["hold"],
    )
    asked = request("promote", edges=["app-3"])
    asked.save(tmp_path)
    decide(asked, {name: one for name, one in acquired.items() if name != "edge-1"}).save(tmp_path)
    for event in (Event("shift", "app-3", wave=0), Event("advance", "app-2", result={"cut": {}})):
        Journal(tmp_path).append(event)
    work = work_for(tmp_path, step="conclude", host="app-3")
    assert not isinstance(work, Skip)
    arguments = work[0].arguments
    assert (arguments["outcome"], arguments["kind"], "root" in arguments) == ("good", "edge", False)
