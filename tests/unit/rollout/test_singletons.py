"""Singletons in a run: on which host, stopped everywhere before one starts, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.plan_table import plan_lines
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from tests.unit.rollout.fleet_fixtures import request, steady_fleet
from tests.unit.rollout.jobs_fixtures import Run
from tests.unit.rollout.singletons_fixtures import (
    HOSTS,
    WHICH,
    asked_with_beat,
    fleet_with,
    planned,
)

ON: list[Any] = [
    pytest.param({}, (), "app-1", ["app-1", "edge-1"], id="the first by name"),
    pytest.param({"hosts": ["app-3"]}, (), "app-3", ["app-3", "edge-1"], id="where it is told"),
    pytest.param({}, ("app-2",), "app-2", ["app-2"], id="where it runs"),
    pytest.param(
        {"hosts": ["app-3"]},
        ("app-2",),
        "app-3",
        ["app-2", "app-3", "edge-1"],
        id="from where it runs to where it is told",
    ),
    pytest.param(
        {}, ("app-2", "app-3"), "app-2", ["app-2", "app-3"], id="never on both that have it"
    ),
]


@pytest.mark.parametrize(("beat", "having", "host", "still"), ON)
def test_where_it_runs_and_who_is_told_first(
    beat: dict[str, Any], having: tuple[str, ...], host: str, still: list[str]
) -> None:
    assert planned(decide(asked_with_beat(beat=beat), fleet_with(*having))) == (host, still)


def test_after_a_kill_between_stop_and_start_it_stays_where_the_edge_knows_it() -> None:
    assert planned(decide(asked_with_beat(), fleet_with(placed=["app-3"]))) == ("app-3", ["app-3"])


def test_a_worker_of_every_host_that_becomes_one_stops_everywhere() -> None:
    plan = decide(asked_with_beat(), fleet_with(was={"singleton": False}))
    assert planned(plan) == ("app-1", ["app-1", "app-2", "app-3", "edge-1"])


def test_one_that_somebody_started_by_hand_stops_too() -> None:
    acquired = fleet_with("app-1")
    acquired["app-3"].result["containers"] = {"blue": [{"service": "beat-1", "state": "running"}]}
    assert planned(decide(asked_with_beat(), acquired)) == ("app-1", ["app-1", "app-3"])


def test_one_that_the_release_has_no_more_stops_where_it_is() -> None:
    plan = decide(request(), fleet_with("app-2"))
    assert planned(plan) == ("", ["app-2"])
    assert plan.place_hosts == []


def test_one_that_becomes_a_worker_of_every_host_goes_on_in_the_new_slot(tmp_path: Path) -> None:
    run = Run(tmp_path, asked_with_beat(beat={"singleton": False}), fleet_with("app-2")).moves()
    arguments = run.arguments("still", "app-2")
    assert (arguments["keeps"], arguments["placed"]) == ({"beat": "green"}, {})


@pytest.mark.parametrize(
    ("left_out", "edge"), [((), []), (("app-2",), ["app-2"])], ids=["everywhere", "with a limit"]
)
def test_hosts_forget_where_it_ran_once_it_is_a_worker_of_every_host(
    tmp_path: Path, left_out: tuple[str, ...], edge: list[str]
) -> None:
    acquired = _without(fleet_with("app-2", placed=["app-2"]), *left_out)
    asked = asked_with_beat(beat={"singleton": False}, **_limited(*left_out))
    run = Run(tmp_path, asked, acquired)
    for name in asked.app_hosts:
        run.happened("start" if name == "app-1" else "advance", name, result={"cut": {}})
    for wave in range(len(run.plan.waves)):
        run.happened("shift", "edge-1", wave=wave)
    for name in () if left_out else ("app-2",):
        run.happened("still", name, result={"singletons": ["beat"], "stopped": []})
    assert run.outcome().exit_code == exits.DONE
    assert run.arguments("conclude", "app-3")["placed"] == {"beat": []}
    assert run.arguments("conclude", "edge-1")["placed"] == {"beat": edge}


def _limited(*left_out: str) -> dict[str, Any]:
    return {"app_hosts": [one for one in HOSTS if one not in left_out], "outside": [*left_out]}


def _without(acquired: dict[str, Event], *hosts: str) -> dict[str, Event]:
    return {name: event for name, event in acquired.items() if name not in hosts}


LIMITS: list[Any] = [
    pytest.param(
        ["app-3"],
        ["app-3"],
        "stays on app-3 with the release it has: --limit leaves app-3 out",
        id="its host is left out",
    ),
    pytest.param(
        ["app-3"],
        [],
        "does not start: a run without --limit chooses its first host",
        id="it never ran",
    ),
]


@pytest.mark.parametrize(("left_out", "placed", "stays"), LIMITS)
def test_with_a_limit_it_stays(left_out: list[str], placed: list[str], stays: str) -> None:
    asked = asked_with_beat(**_limited(*left_out))
    acquired = _without(fleet_with(placed=placed), *left_out)
    plan = decide(asked, acquired)
    assert (planned(plan), plan.singletons[0].stays) == (("", []), stays)
    assert f"singleton beat {stays}" in plan_lines(preview(plan, asked, acquired), with_diff=False)


def test_with_its_host_in_the_limit_it_changes_there() -> None:
    acquired = _without(fleet_with("app-2"), "app-1")
    plan = decide(asked_with_beat(**_limited("app-1")), acquired)
    assert planned(plan) == ("app-2", ["app-2"])


def test_a_host_that_had_it_and_left_the_inventory_refuses() -> None:
    plan = decide(asked_with_beat(), fleet_with(placed=["app-9"]))
    assert plan.refusal
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems == [
        {
            "where": "services/beat",
            "found": "app-9 had it, and is not in the inventory: it may still run there",
            "accepted": "a singleton that runs nowhere else",
            "next": "make sure that it is down on app-9, for good, then "
            f"./invoke deploy {WHICH} --gone=app-9",
        }
    ]
    assert (plan.singletons, plan.waves) == ([], [])


def _with_older_release(**how: Any) -> dict[str, Event]:
    """The release before the one that serves is warm on every host."""
    acquired = fleet_with(**how)
    for name in HOSTS:
        acquired[name].result["state"]["slots"]["green"] = {"release": "0-z", "state": "warm"}
        older = {**acquired[name].result["manifests"]["1-a"], "id": "0-z", "version": "z"}
        acquired[name].result["manifests"]["0-z"] = older
        releases = acquired[name].result["state"]["releases"]
        acquired[name].result["state"]["releases"] = {**releases, "0-z": {**releases["1-a"]}}
    return acquired


@pytest.mark.parametrize("verb", ["rollback", "restart"])
def test_so_does_every_verb_that_would_start_it(verb: str) -> None:
    acquired = _with_older_release(placed=["app-9"])
    refusal = decide(asked_with_beat(verb), acquired).refusal
    assert refusal
    assert "app-9 had it" in refusal.problems[0]["found"]


def _older(acquired: dict[str, Event], *hosts: str) -> dict[str, Event]:
    for name, event in acquired.items():
        event.result["has_package"] = name not in hosts
    return acquired


def test_no_package_keeps_a_way_back_waiting() -> None:
    assert (
        decide(asked_with_beat("rollback"), _older(_with_older_release(), "app-3")).refusal is None
    )


@pytest.mark.parametrize(
    "asked",
    [asked_with_beat(), request(), asked_with_beat("restart", service="beat")],
    ids=["it comes", "it serves", "it starts again"],
)
def test_a_host_with_an_older_package_refuses_it(asked: Any) -> None:
    refusal = decide(asked, _older(fleet_with("app-2"), "app-3")).refusal
    assert refusal
    assert refusal.exit_code == exits.REFUSED
    assert refusal.problems == [
        {
            "host": "app-3",
            "where": "rollway-host",
            "found": "another package than the controller's: it may forget where singletons run",
            "accepted": "the package of this controller",
            "next": "./invoke provision --env=local",
        }
    ]


def test_an_older_package_is_no_matter_without_one_nor_on_an_edge() -> None:
    assert decide(request(), _older(steady_fleet(), *HOSTS)).refusal is None
    assert decide(asked_with_beat(), _older(fleet_with("app-2"), "edge-1")).refusal is None


def test_a_person_says_that_the_host_is_gone() -> None:
    plan = decide(asked_with_beat(gone=["app-9"]), fleet_with(placed=["app-9"]))
    assert (plan.refusal, planned(plan)) == (None, ("app-1", ["app-1", "edge-1"]))


def test_a_host_that_is_lost_and_left_out_may_be_gone_as_well() -> None:
    acquired = _without(fleet_with(placed=["app-1"]), "app-1")
    plan = decide(asked_with_beat(gone=["app-1"], **_limited("app-1")), acquired)
    assert planned(plan) == ("app-2", ["app-2", "edge-1"])


def test_one_alone_that_no_host_of_the_run_has_is_refused() -> None:
    acquired = _without(fleet_with("app-2"), "app-2")
    refusal = decide(
        asked_with_beat("restart", service="beat", **_limited("app-2")), acquired
    ).refusal
    assert refusal
    assert refusal.problems[0]["found"] == "no host of this run has the singleton beat"
