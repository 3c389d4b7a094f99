"""Jobs in a run: on one host, before any start or after all traffic, once, and who decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.arguments import COMPOSE_RELEASE, complete
from ansible.module_utils.rollway.job_records import JobRecord

from rollway import exits
from rollway.report.plan_table import plan_lines
from rollway.rollout.interrupted import interruption
from rollway.rollout.jobs import is_done
from rollway.rollout.journal import Journal
from rollway.rollout.ledger import fold
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from rollway.rollout.verdict import Decision, judge_end
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet
from tests.unit.rollout.jobs_fixtures import (
    DONE,
    FAILED,
    OPEN,
    TAKEN,
    Run,
    job,
    knowing,
    run_with_a_job,
    with_jobs,
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return run_with_a_job(tmp_path)


RAN: dict[str, Any] = {"result": {"jobs": {"migrate": DONE}}}


def test_without_a_job_nothing_is_different(tmp_path: Path) -> None:
    plain = Run(tmp_path, request(), steady_fleet())
    assert plain.arguments("stage", "app-1")["then_start"] is True
    assert (plain.plan.jobs, plain.plan.hosts_after_jobs) == ([], [])
    assert "done_jobs" not in plain.moves().arguments("conclude", "app-1")


def test_no_host_starts_before_the_job_is_done(run: Run) -> None:
    assert run.plan.hosts_after_jobs == ["app-1"]
    assert run.arguments("stage", "app-1")["then_start"] is False
    assert run.skips("start", "app-1") == "a job comes first"
    assert run.skips("jobs", "app-2") == "it has no job to do"
    arguments = run.arguments("jobs", "app-1")
    assert (arguments["jobs"], arguments["release_id"]) == (["migrate"], "2-b")
    assert (arguments["slot"], arguments["takes_unknown"]) == ("green", [])
    assert complete(COMPOSE_RELEASE, arguments)["jobs"] == ["migrate"]
    run.happened("jobs", "app-1", **RAN)
    assert run.arguments("start", "app-1")["step"] == "start"


def test_a_signal_leaves_a_job_that_runs_to_the_next_run(run: Run) -> None:
    run.happened("stage", "app-1", result={"pulled": []})
    Journal(run.run_dir).append(interruption("SIGTERM"))
    recorded = run.arguments("record", "app-1")
    assert (recorded["outcome"], recorded["record"]["step"]) == ("aborted", "stage")
    assert run.outcome().exit_code == exits.TERMINATED


def test_a_signal_after_the_jobs_says_that_they_are_done(run: Run) -> None:
    run.happened("stage", "app-1", result={"pulled": []}).happened("jobs", "app-1", **RAN)
    Journal(run.run_dir).append(interruption("SIGTERM"))
    recorded = run.arguments("record", "app-1")
    assert (recorded["done_jobs"], recorded["record"]["step"]) == ({"migrate": DONE}, "jobs")
    assert run.outcome().sentence.endswith("; not undone: job migrate")


def test_a_restart_runs_no_job(tmp_path: Path) -> None:
    found = steady_fleet()
    for name in ("app-1", "app-2", "app-3"):
        found[name].result["manifests"]["1-a"]["jobs"] = [job()]
    restarted = Run(tmp_path, request("restart"), found)
    assert (restarted.plan.refusal, restarted.plan.jobs, len(restarted.plan.waves)) == (None, [], 3)


def test_every_host_and_edge_keeps_what_is_done(run: Run) -> None:
    run.happened("jobs", "app-1", **RAN).moves()
    for host in ("app-1", "app-3", "edge-1"):
        arguments = run.arguments("conclude", host)
        assert (arguments["outcome"], arguments["done_jobs"]) == ("good", {"migrate": DONE})
        assert complete(COMPOSE_RELEASE, arguments)["done_jobs"] == {"migrate": DONE}
    assert run.outcome().exit_code == exits.DONE


PLACES = [
    pytest.param(job(), {}, "app-1", id="the first by name"),
    pytest.param(job(hosts=["app-3"]), {}, "app-3", id="the one it is told"),
    pytest.param(job(hosts=["app-3"]), {"app-2": OPEN}, "app-2", id="the one that began it"),
    pytest.param(job(), {"app-2": FAILED}, "app-1", id="not the one where it failed"),
]


@pytest.mark.parametrize(("one", "records", "host"), PLACES)
def test_a_job_has_one_host(one: Any, records: dict[str, Any], host: str) -> None:
    acquired = steady_fleet()
    for name, record in records.items():
        acquired = knowing(acquired, name, record)
    plan = decide(with_jobs(one), acquired)
    assert [(one.host, one.record) for one in plan.jobs_to_do] == [(host, {})]


@pytest.mark.parametrize("host", ["app-2", "edge-1"])
@pytest.mark.parametrize("record", [DONE, TAKEN], ids=["successful", "taken as done"])
def test_a_job_that_is_done_anywhere_never_runs_again(host: str, record: dict[str, Any]) -> None:
    plan = decide(with_jobs(), knowing(steady_fleet(), host, record))
    assert (plan.jobs_to_do, plan.hosts_after_jobs) == ([], [])
    assert plan.jobs[0].record == record


@pytest.mark.parametrize(
    "record",
    [DONE, TAKEN, OPEN, FAILED, {**DONE, "timed_out": True}, {**FAILED, "exit_code": None}],
    ids=["successful", "taken", "open", "failed", "stopped in time", "never began"],
)
def test_hosts_and_controller_call_the_same_jobs_done(record: dict[str, Any]) -> None:
    assert is_done(record) == JobRecord.from_json(record).is_done


LIMITED = {"app_hosts": ["app-2", "app-3"], "outside": ["app-1"]}


def test_a_limit_that_leaves_the_job_s_host_out_is_refused() -> None:
    plan = decide(with_jobs(**LIMITED), steady_fleet())
    assert plan.refusal is not None
    assert (plan.refusal.exit_code, plan.jobs) == (exits.REFUSED, [])
    assert plan.refusal.problems[0]["found"] == (
        "it leaves out app-1, where job migrate of 2-b runs"
    )


def test_a_limit_may_leave_it_out_once_an_edge_knows_that_it_is_done() -> None:
    plan = decide(with_jobs(**LIMITED), knowing(steady_fleet(), "edge-1", DONE))
    assert plan.refusal is None


BROKEN: dict[str, Any] = {
    "ok": False,
    "result": {"problem": {"found": "job migrate: exit code 3"}, "jobs": {}, "unknown": None},
}


def test_a_job_that_fails_leaves_the_whole_fleet_as_it_was(run: Run) -> None:
    run.happened("jobs", "app-1", **BROKEN)
    assert run.skips("start", "app-1") == "a job comes first"
    assert run.skips("shift", "edge-1", wave=0) == "no traffic moves"
    ended = run.outcome()
    assert (ended.exit_code, ended.record) == (exits.FAILED, "bad")
    assert ended.reasons[0] == "app-1: job migrate: exit code 3"
    assert ended.sentence == "2-b failed; the whole fleet serves 1-a"


def test_jobs_that_ran_are_named_when_the_release_fails_later(run: Run) -> None:
    run.happened("jobs", "app-1", **RAN)
    run.happened("start", "app-1", ok=False, result={"problem": {"found": "never ready"}})
    ended = run.outcome()
    assert ended.exit_code == exits.FAILED
    assert ended.sentence == ("2-b failed; the whole fleet serves 1-a; not undone: job migrate")
    assert run.arguments("conclude", "edge-1")["done_jobs"] == {"migrate": DONE}


def test_no_budget_of_hosts_covers_that_of_a_job(tmp_path: Path) -> None:
    lenient = manifest("b", jobs=[job()], rollout={"waves": [1], "max_failures": 2})
    run = Run(tmp_path, request(manifest=lenient), steady_fleet())
    run.happened("stage", "app-1", ok=False, result={"problem": {"found": "no disk"}})
    ended = run.outcome()
    assert ended.exit_code == exits.FAILED
    assert "app-1: job migrate cannot run there" in ended.reasons


def test_a_late_job_waits_for_all_traffic(tmp_path: Path) -> None:
    late = with_jobs(job(when="after_traffic", hosts=["app-2"]))
    run = Run(tmp_path, late, steady_fleet())
    assert run.plan.hosts_after_jobs == []
    assert run.arguments("stage", "app-1")["then_start"] is True
    assert run.skips("late_jobs", "app-2") == "the traffic has not moved"
    run.moves()
    assert run.arguments("late_jobs", "app-2")["jobs"] == ["migrate"]
    unfinished = run.outcome()
    assert unfinished.exit_code == exits.FAILED
    assert "job migrate never ran" in unfinished.reasons
    run.happened("late_jobs", "app-2", **RAN)
    assert run.outcome().exit_code == exits.DONE


def test_a_late_job_that_fails_takes_all_traffic_back(tmp_path: Path) -> None:
    run = Run(tmp_path, with_jobs(job(when="after_traffic")), steady_fleet()).moves()
    run.happened("late_jobs", "app-1", **BROKEN)
    assert run.arguments("unshift", "edge-1")["step"] == "apply"


def test_a_late_job_that_fails_is_held_where_failures_pause(tmp_path: Path) -> None:
    paused = manifest(
        "b", jobs=[job(when="after_traffic")], rollout={"waves": [1], "failure_action": "pause"}
    )
    run = Run(tmp_path, request(manifest=paused), steady_fleet()).moves()
    run.happened("late_jobs", "app-1", **BROKEN)
    events = Journal(run.run_dir).events()
    assert judge_end(run.plan, fold(run.plan, events)).decision is Decision.HOLD


def test_a_plan_shows_each_job_with_its_host() -> None:
    asked = with_jobs(job(), job("tidy", when="after_traffic", hosts=["app-2"]), reads_only=True)
    acquired = steady_fleet()
    plan = preview(decide(asked, acquired), asked, acquired)
    lines = plan_lines(plan, with_diff=False)
    assert "job migrate: on app-1, before the release starts" in lines
    assert "job tidy: on app-2, after the traffic" in lines
    known = knowing(acquired, "edge-1", DONE)
    again = preview(decide(asked, known), asked, known)
    assert "job migrate: done already, in run run-0" in plan_lines(again, with_diff=False)
