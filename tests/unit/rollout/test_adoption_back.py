"""An adoption that was interrupted, held or left: the way on, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.result import write_report
from rollway.rollout.hold import gives_up
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from tests.unit.rollout.adoption_fixtures import (
    HOSTS,
    SHOP,
    adoptable,
    adopting,
    plain_fleet,
    plain_host,
    record,
)
from tests.unit.rollout.adoption_runs import (
    AGAIN,
    CANDIDATE,
    GOOD,
    PHASE,
    WHICH,
    Run,
    begun_fleet,
    serving,
)
from tests.unit.rollout.fleet_fixtures import acquired_edge, manifest, request, steady_fleet


def test_a_run_that_was_killed_is_gone_on_with() -> None:
    begun = plain_host("app-1", *SHOP, blue="1-b", releases=CANDIDATE, adopted=record())
    begun.result["state"]["phase"] = PHASE
    plan = decide(adopting(), {**plain_fleet(), "app-1": begun})
    assert (plan.refusal, plan.release_id) == (None, "1-b")
    assert [plan.hosts[name].action for name in HOSTS] == ["shift", "start", "start"]


def test_going_back_takes_traffic_from_a_release_that_an_earlier_run_moved(
    tmp_path: Path,
) -> None:
    """Nothing served before: what the edges send there would be cut."""
    begun = plain_host("app-1", *SHOP, blue="1-b", releases=CANDIDATE, adopted=record())
    acquired = {**plain_fleet(), "app-1": begun, "edge-1": acquired_edge(("app-1", "blue"))}
    run = Run(tmp_path, adopting(), acquired)
    never = {"problem": {"found": "never ready"}}
    Journal(tmp_path).append(Event("stage", "app-2", ok=False, result=never))
    servers = run.calls("unshift", "edge-1")[0].arguments["servers"]
    assert {one["state"] for one in servers} == {"maint"}


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_going_back_lets_every_edge_go_and_gives_the_project_back(
    tmp_path: Path, verb: str
) -> None:
    run = Run(tmp_path, request(verb), begun_fleet())
    assert (run.plan.refusal, run.plan.waves, run.plan.leaves) == (None, [], True)
    for step, host in (("stage", "app-2"), ("switch", "app-1"), ("advance", "app-1")):
        assert run.skips(step, host)
    servers = run.calls("unshift", "edge-1")[0].arguments["servers"]
    assert {one["state"] for one in servers} == {"maint"}
    ended = run.ends(Event("unshift", "edge-1"))
    assert (ended.exit_code, ended.sentence) == (
        exits.DONE,
        "1-b is left; the containers of project shop run as before",
    )
    told = run.calls("conclude", "app-1")[0].arguments
    assert (told["outcome"], told["release_id"], told["adopt"]["leaves"]) == ("bad", "1-b", True)


def test_going_back_with_an_edge_that_does_not_answer_stops_nothing(tmp_path: Path) -> None:
    run = Run(tmp_path, request("abort"), begun_fleet())
    ended = run.ends(Event("unshift", "edge-1", ok=False, unreachable=True))
    assert (ended.exit_code, ended.record) == (exits.NEEDS_PERSON, "aborted")


def test_going_back_tells_an_edge_that_seems_to_send_no_requests_there(tmp_path: Path) -> None:
    """Of several edges one may have moved."""
    run = Run(tmp_path, request("abort"), {**begun_fleet(), "edge-1": acquired_edge()})
    assert run.calls("unshift", "edge-1")


def test_a_record_is_enough_to_go_back() -> None:
    """The run had come to its end, but a host could not give the project back."""
    acquired = begun_fleet()
    for name in HOSTS:
        acquired[name].result["state"]["phase"] = None
    assert decide(request("abort"), acquired).leaves


def _held() -> dict[str, Event]:
    acquired = begun_fleet()
    for event in acquired.values():
        event.result["hold"] = {"release": "1-b", "previous": None, "hosts": list(HOSTS)}
    return acquired


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_what_is_held_is_left_by_whoever_goes_back(tmp_path: Path, verb: str) -> None:
    """A first release of another kind is given up, and nobody gets its place."""
    run = Run(tmp_path, request(verb), _held())
    assert (run.plan.refusal, run.plan.leaves, run.plan.release_id) == (None, True, "1-b")
    assert {one["state"] for one in run.calls("unshift", "edge-1")[0].arguments["servers"]} == {
        "maint"
    }
    ended = run.ends(Event("unshift", "edge-1"))
    assert (ended.name, ended.exit_code) == ("left", exits.DONE)
    assert ended.sentence == "1-b is left; the containers of project shop run as before"
    for host in ("app-1", "edge-1"):
        told = run.calls("conclude", host)[0].arguments
        assert (told["outcome"], told["adopt"]["leaves"], told["placed"]) == ("bad", True, {})


def test_a_held_one_that_is_promoted_tolerates_no_failed_host_either(tmp_path: Path) -> None:
    acquired, mine = _held(), {**record(), "release": "1-b", "keeps_web": True}
    tolerant = {**adoptable(rollout={"waves": [1], "max_failures": 1}), "id": "1-b"}
    for name in HOSTS:
        acquired[name].result["adopted"] = mine
        acquired[name].result["manifests"]["1-b"] = tolerant
    run = Run(tmp_path, request("promote"), acquired)
    assert run.plan.adopt == {"project": "shop", "keep": True}
    failed = Event("advance", "app-3", ok=False, result={"problem": {"found": "never ready"}})
    assert run.ends(Event("stage", "app-1", result={"cut": {}}), failed).name != "good"


def test_a_promotion_of_another_release_is_not_about_the_project() -> None:
    acquired = _held()
    for name in HOSTS:
        acquired[name].result["adopted"] = {**record(), "release": "1-a"}
    assert decide(request("promote"), acquired).adopt == {}


def test_without_a_record_of_the_project_it_is_given_up() -> None:
    acquired = _held()
    for name in HOSTS:
        acquired[name].result["adopted"] = None
    plan = decide(request("abort"), acquired)
    assert (plan.refusal, plan.leaves, plan.hosts) == (None, False, {})
    assert gives_up(plan)


@pytest.mark.parametrize("acquired", [begun_fleet(), _held()], ids=["begun", "held"])
def test_a_plan_says_that_the_project_would_come_back(
    tmp_path: Path, acquired: dict[str, Event]
) -> None:
    Run(tmp_path, request("abort", reads_only=True), acquired)
    for event in acquired.values():
        Journal(tmp_path).append(event)
    result = write_report(tmp_path)
    assert result["sentence"] == "1-b would leave, and project shop run as before"
    assert result["next"] == f"./invoke abort {WHICH}"


SCALED: dict[str, Any] = {"service": "api", "replicas": 2}


@pytest.mark.parametrize("verb", ["deploy", "restart", "scale"])
def test_a_verb_that_knows_nothing_of_the_project_does_not_go_on(verb: str) -> None:
    asked = request(verb, **(SCALED if verb == "scale" else {}))
    plan = decide(asked, begun_fleet())
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems[0] == {
        "host": "app-1",
        "where": verb,
        "found": "a run was taking the place of project shop here, and did not end",
        "accepted": "adopt, or abort",
        "next": f"{AGAIN} continues, ./invoke abort {WHICH} goes back",
    }


def test_containers_that_were_kept_hinder_no_deploy() -> None:
    asked = request(manifest=manifest("c"))
    assert decide(asked, serving(adopted=record())).refusal is None


def test_there_is_no_way_back_once_a_host_has_lost_the_project() -> None:
    done = plain_host("app-1", active="blue", blue="1-b", releases=GOOD)
    plan = decide(request("abort"), {**begun_fleet(), "app-1": done})
    assert (plan.leaves, plan.refusal is not None) == (False, True)


def test_going_back_past_a_job_needs_a_yes() -> None:
    job = {"name": "migrate", "when": "before_traffic", "backward_compatible": False}
    acquired = begun_fleet()
    for name in HOSTS:
        acquired[name].result["manifests"]["1-b"] = {**manifest("b"), "id": "1-b", "jobs": [job]}
        acquired[name].result["jobs"] = {"1-b": {"migrate": {"finished": "x", "exit_code": 0}}}
    plan = decide(request("abort"), acquired)
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == (
        "job migrate of 1-b is not undone, and not marked backward_compatible: project shop may "
        "not get along with what it did"
    )


def test_an_abort_of_anything_else_is_as_before() -> None:
    acquired = steady_fleet()
    for name in HOSTS:
        acquired[name].result["state"]["phase"] = {"run": PHASE["run"], "release": "2-b"}
    plan = decide(request("abort"), acquired)
    assert (plan.refusal, plan.leaves, plan.release_id) == (None, False, "1-a")
