"""Jobs of which nobody knows how they ended, and the decision about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.job_records import JobRecord

from rollway import exits
from rollway.report.result import write_report
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    request,
    steady_fleet,
)
from tests.unit.rollout.jobs_fixtures import (
    HOSTS,
    OPEN,
    RELEASES,
    TAKEN,
    WITHOUT_FIRST,
    Run,
    held,
    job,
    knowing,
    run_with_a_job,
    second_fleet,
    with_jobs,
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_with_a_job(tmp_path)


UNKNOWN: list[Any] = [
    pytest.param(
        {"ok": False, "result": {"problem": {"found": "nobody knows"}, "unknown": "migrate"}},
        id="the host says so",
    ),
    pytest.param(
        {"ok": False, "unreachable": True, "result": {"msg": "no route"}}, id="it is lost"
    ),
    pytest.param({"ok": False, "result": {"msg": "a traceback"}}, id="its step broke"),
]


@pytest.mark.parametrize("how", UNKNOWN)
@pytest.mark.parametrize("first", [False, True], ids=["", "a first release"])
def test_an_unknown_outcome_is_held(tmp_path: Path, how: Any, first: bool) -> None:
    hosts = [acquired_host(f"app-{number}") for number in (1, 2, 3)]
    acquired = fleet(*hosts, acquired_edge()) if first else steady_fleet()
    run = Run(tmp_path, with_jobs(), acquired).happened("jobs", "app-1", **how)
    ended = run.outcome()
    assert (ended.exit_code, ended.record) == (exits.HELD, "held")
    arguments = run.arguments("conclude", "edge-1")
    assert arguments["hold"]["jobs"] == ["migrate"]
    assert run.skips("unshift", "edge-1") == "there is nothing to undo"


def test_an_idempotent_job_on_a_lost_host_is_a_failure_like_any_other(tmp_path: Path) -> None:
    run = Run(tmp_path, with_jobs(job(idempotent=True)), steady_fleet())
    run.happened("jobs", "app-1", ok=False, unreachable=True, result={"msg": "no route"})
    run.happened("conclude", "app-1")
    assert run.outcome().exit_code == exits.FAILED


def test_promote_takes_the_held_job_as_done_and_goes_on(tmp_path: Path) -> None:
    acquired = held(knowing(second_fleet(), "app-1", OPEN))
    run = Run(tmp_path, request("promote"), acquired)
    assert run.plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    assert run.skips("stage", "app-1") == "it starts later"
    assert run.arguments("jobs", "app-1")["takes_unknown"] == ["migrate"]
    run.happened("jobs", "app-1", result={"jobs": {"migrate": TAKEN}}).moves()
    assert run.outcome().exit_code == exits.DONE


def test_a_hold_says_where_its_jobs_began(run: Run) -> None:
    run.happened("jobs", "app-1", ok=False, unreachable=True, result={"msg": "no route"})
    hold = run.arguments("conclude", "edge-1")["hold"]
    assert (hold["jobs"], hold["job_hosts"]) == (["migrate"], {"migrate": "app-1"})


def test_promote_takes_as_done_what_began_on_a_host_that_is_gone(tmp_path: Path) -> None:
    acquired = held(second_fleet(), job_hosts={"migrate": "app-1"}, hosts=list(HOSTS))
    del acquired["app-1"]
    run = Run(tmp_path, request("promote", **WITHOUT_FIRST), acquired)
    assert (run.plan.refusal, run.plan.jobs_to_do) == (None, [])
    assert run.skips("jobs", "app-2") == "it has no job to do"
    assert run.arguments("start", "app-2")["step"] == "start"
    told = run.arguments("conclude", "edge-1")["done_jobs"]["migrate"]
    assert (told["taken_by"], JobRecord.from_json(told).is_done) == ("run-1", True)


def test_promote_runs_a_job_that_never_began_on_the_host_it_was_lost_with(tmp_path: Path) -> None:
    acquired = held(second_fleet(), job_hosts={"migrate": "app-1"}, hosts=list(HOSTS))
    run = Run(tmp_path, request("promote"), acquired)
    assert run.arguments("jobs", "app-1")["takes_unknown"] == ["migrate"]


def first_held(**changes: Any) -> dict[str, Event]:
    """A first release, held for its job before any host has started it."""
    hosts = [acquired_host(f"app-{number}", releases=RELEASES) for number in (1, 2, 3)]
    return held(fleet(*hosts, acquired_edge()), previous=None, **changes)


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_a_first_release_that_is_held_is_given_up(tmp_path: Path, verb: str) -> None:
    run = Run(tmp_path, request(verb), first_held())
    assert (run.plan.refusal, run.plan.waves, run.plan.release_id) == (None, [], "2-b")
    assert run.skips("shift", "edge-1", wave=0) == "no traffic moves"
    assert run.skips("unshift", "edge-1") == "there is nothing to undo"
    for host, kind in (("app-1", "app"), ("edge-1", "edge")):
        told = run.arguments("conclude", host)
        assert (told["outcome"], told["release_id"], told["kind"]) == ("bad", "2-b", kind)
    ended = run.outcome()
    assert (ended.name, ended.exit_code) == ("good", exits.DONE)
    assert ended.sentence == "2-b is given up; nothing serves, as before"
    run.happened("conclude", "app-2", ok=False, unreachable=True)
    assert run.outcome().exit_code == exits.NEEDS_PERSON


def test_a_plan_says_that_a_first_release_would_be_given_up(tmp_path: Path) -> None:
    run = Run(tmp_path, request("abort", reads_only=True), first_held())
    for event in first_held().values():
        Journal(run.run_dir).append(event)
    assert write_report(tmp_path)["sentence"] == "2-b would be given up"


def test_a_first_release_that_serves_is_not_given_up() -> None:
    acquired = first_held()
    acquired["app-3"] = held(
        fleet(acquired_host("app-3", active="blue", blue="2-b", releases=RELEASES)), previous=None
    )["app-3"]
    plan = decide(request("abort"), acquired)
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == "no good release before the one that serves"


def test_promote_takes_no_other_job_as_done(tmp_path: Path) -> None:
    acquired = held(knowing(second_fleet(), "app-1", OPEN), jobs=[])
    run = Run(tmp_path, request("promote"), acquired)
    assert run.arguments("jobs", "app-1")["takes_unknown"] == []


def test_a_promote_whose_next_job_is_unknown_is_held_for_both(tmp_path: Path) -> None:
    acquired = held(second_fleet(), jobs=["other"])
    run = Run(tmp_path, request("promote"), acquired)
    result = {"problem": {"found": "nobody knows"}, "unknown": "migrate"}
    run.happened("jobs", "app-1", ok=False, result=result)
    hold = run.arguments("conclude", "app-1")["hold"]
    assert (hold["release"], hold["jobs"]) == ("2-b", ["migrate", "other"])
