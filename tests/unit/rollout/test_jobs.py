"""Jobs in a run: on one host, before any start or after all traffic, once, and who decides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.arguments import COMPOSE_RELEASE, complete
from ansible.module_utils.rollway.job_records import JobRecord

from rollway import exits
from rollway.report.plan_table import plan_lines
from rollway.report.result import write_report
from rollway.rollout import outcome
from rollway.rollout.interrupted import interruption
from rollway.rollout.jobs import is_done
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from rollway.rollout.verdict import Decision, judge_end
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
    steady_fleet,
)
from tests.unit.rollout.run_folder import RunFolder

DONE = {"run": "run-0", "started": "T", "finished": "T", "exit_code": 0}
FAILED = {**DONE, "exit_code": 3}
OPEN = {"run": "run-0", "started": "T", "finished": None, "exit_code": None}
TAKEN = {**OPEN, "finished": "T", "taken_by": "run-9"}
HOSTS = ("app-1", "app-2", "app-3")
STARTED: dict[str, Any] = {"result": {"cut": {}}}
RAN: dict[str, Any] = {"result": {"jobs": {"migrate": DONE}}}
RELEASES = {"1-a": release("a"), "2-b": release("b", outcome="candidate")}


def job(name: str = "migrate", **changes: Any) -> dict[str, Any]:
    values = {"name": name, "when": "before_traffic", "hosts": [], "timeout_seconds": 600}
    return {**values, "idempotent": False, "backward_compatible": False, **changes}


def with_jobs(*jobs: dict[str, Any], **changes: Any) -> Any:
    return request(manifest=manifest("b", jobs=list(jobs or [job()])), **changes)


def knowing(found: dict[str, Event], host: str, record: dict[str, Any]) -> dict[str, Event]:
    """The same fleet, and a host that has a record of the job in 2-b."""
    result = {**found[host].result, "jobs": {"2-b": {"migrate": record}}}
    return {**found, host: replace(found[host], result=result)}


def second_fleet() -> dict[str, Event]:
    """Three hosts that serve 1-a and have staged 2-b, which has the job."""
    both: dict[str, Any] = {"active": "blue", "blue": "1-a", "releases": RELEASES}
    hosts = [acquired_host(f"app-{number}", **both) for number in (1, 2, 3)]
    for event in hosts:
        event.result["manifests"]["2-b"]["jobs"] = [job()]
    return fleet(*hosts, acquired_edge(*[(host.host, "blue") for host in hosts]))


class Run(RunFolder):
    """A run of any verb."""

    def moves(self) -> Run:
        """Everything after the jobs goes well."""
        self.happened("start", "app-1", **STARTED)
        self.happened("advance", "app-2", **STARTED).happened("advance", "app-3", **STARTED)
        for wave in range(3):
            self.happened("shift", "edge-1", wave=wave)
        return self


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path, with_jobs(), steady_fleet())


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
    assert run.outcome().exit_code == exits.FAILED


def held(acquired: dict[str, Event], **changes: Any) -> dict[str, Event]:
    """The same fleet, held for the job's sake."""
    hold = {"release": "2-b", "previous": "1-a", "reasons": [], "jobs": ["migrate"], **changes}
    for event in acquired.values():
        event.result["hold"] = hold
    return acquired


def test_promote_takes_the_held_job_as_done_and_goes_on(tmp_path: Path) -> None:
    acquired = held(knowing(second_fleet(), "app-1", OPEN))
    run = Run(tmp_path, request("promote"), acquired)
    assert run.plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    assert run.skips("stage", "app-1") == "it starts later"
    assert run.arguments("jobs", "app-1")["takes_unknown"] == ["migrate"]
    run.happened("jobs", "app-1", result={"jobs": {"migrate": TAKEN}}).moves()
    assert run.outcome().exit_code == exits.DONE


WITHOUT_FIRST: dict[str, Any] = {"app_hosts": ["app-2", "app-3"]}


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


def serving_second(**changes: Any) -> dict[str, Event]:
    """Three hosts that serve 2-b, which had a job, and have 1-a warm."""
    releases = {"1-a": release("a"), "2-b": release("b")}
    both: dict[str, Any] = {"active": "green", "blue": "1-a", "green": "2-b", "releases": releases}
    hosts = [acquired_host(f"app-{number}", warm="blue", **both) for number in (1, 2, 3)]
    for event in hosts:
        event.result["manifests"]["2-b"]["jobs"] = [job(**changes)]
    return fleet(*hosts, acquired_edge(*[(host.host, "green") for host in hosts]))


def test_going_back_past_a_job_needs_a_yes() -> None:
    acquired = knowing(serving_second(), "app-1", DONE)
    plan = decide(request("rollback", to="1-a"), acquired)
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.USAGE
    assert plan.refusal.problems[0] == {
        "where": "--yes",
        "found": "job migrate of 2-b is not undone, and not marked backward_compatible: 1-a may "
        "not get along with what it did",
        "accepted": "a yes",
        "next": "./invoke rollback --env=local --app=iris --to=1-a --yes",
    }
    ended = outcome.conclude(plan, fold(plan, []), judge_end(plan, fold(plan, [])), [])
    assert (ended.exit_code, ended.next_command) == (
        exits.USAGE,
        "./invoke rollback --env=local --app=iris --to=1-a --yes",
    )


NO_QUESTION: list[Any] = [
    pytest.param({}, {"app-1": DONE}, {"is_confirmed": True}, id="it was answered"),
    pytest.param({}, {"app-1": DONE}, {"reads_only": True}, id="nothing is changed"),
    pytest.param({"backward_compatible": True}, {"app-1": DONE}, {}, id="it is compatible"),
    pytest.param({}, {}, {}, id="it never ran"),
    pytest.param({}, {"app-1": FAILED}, {}, id="it failed"),
]


@pytest.mark.parametrize(("changes", "records", "asked"), NO_QUESTION)
def test_otherwise_nobody_is_asked(changes: Any, records: Any, asked: Any) -> None:
    acquired = serving_second(**changes)
    for name, record in records.items():
        acquired = knowing(acquired, name, record)
    assert decide(request("rollback", **asked), acquired).refusal is None


def test_an_abort_past_a_job_that_began_needs_a_yes() -> None:
    acquired = held(knowing(second_fleet(), "app-1", OPEN))
    plan = decide(request("abort"), acquired)
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["next"] == "./invoke abort --env=local --app=iris --yes"
    confirmed = decide(request("abort", is_confirmed=True), acquired)
    assert (confirmed.refusal, confirmed.release_id, confirmed.voids) == (None, "1-a", ["2-b"])
    assert confirmed.jobs == []


def test_an_abort_past_a_job_that_began_on_a_host_that_is_gone_needs_a_yes() -> None:
    acquired = held(second_fleet(), job_hosts={"migrate": "app-1"}, hosts=list(HOSTS))
    del acquired["app-1"]
    plan = decide(request("abort", **WITHOUT_FIRST), acquired)
    assert plan.refusal is not None
    assert (plan.refusal.exit_code, plan.refusal.problems[0]["where"]) == (exits.USAGE, "--yes")


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


def test_a_plan_to_go_back_warns_of_what_is_not_undone() -> None:
    asked, acquired = request("rollback", reads_only=True), knowing(serving_second(), "app-1", DONE)
    warnings = preview(decide(asked, acquired), asked, acquired)["warnings"]
    assert any(warning.startswith("job migrate of 2-b is not undone") for warning in warnings)
