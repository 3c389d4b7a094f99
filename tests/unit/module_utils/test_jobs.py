"""Run-once work on one host: once successful, whoever is killed while it runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.rollway.engine import EngineProblem

from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

RELEASE = "1-1.0.0"
MIGRATE = {"name": "migrate", "timeout_seconds": 60, "idempotent": False}
CONTAINER = "iris-jobs-migrate-1"
DEAD = {"scan_ticks": 200, "processes": []}


def staged(host: FakeHost, *, run: str = "run-1", **changes: Any) -> dict[str, Any]:
    """Acquire and stage a release with a job; what further steps need."""
    acquired = host.step("acquire", run=a_run(run), alive=DEAD)
    assert acquired["ok"], acquired["problem"]
    common = {"run": a_run(run), "generation": acquired["generation"], "slot": "blue"}
    manifest = a_manifest(RELEASE, jobs=[{**MIGRATE, **changes}])
    assert host.step("stage", **common, manifest=manifest)["ok"]
    return common


def migrate(host: FakeHost, common: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return host.step("jobs", **common, release_id=RELEASE, jobs=["migrate"], **changes)


def recorded(host: FakeHost) -> dict[str, Any]:
    """The record of the job on the host."""
    found: dict[str, Any] = json.loads((host.root / "iris/jobs.json").read_text())
    record: dict[str, Any] = found["releases"][RELEASE]["migrate"]
    return record


def ends(host: FakeHost, *, exit_code: int, after: float = 5.0) -> None:
    """The job runs for a while and ends."""
    host.comes_up["migrate"] = {"state": "running", "health": ""}

    def end() -> None:
        state = host.engine.here[CONTAINER]["State"]
        state.update({"Status": "exited", "ExitCode": exit_code})

    host.clock.after(after, end)


def left(host: FakeHost, **how: Any) -> None:
    """A run was killed while the job ran: it began, and its container is now like this."""
    host.comes_up["migrate"] = {"state": "running", "health": ""}
    host.clock.after(1.0, _killed)
    with pytest.raises(KeyboardInterrupt):
        migrate(host, staged(host))
    host.clock.plans.clear()
    if not how:
        del host.engine.here[CONTAINER]
        return
    labels = {"io.rollway.release": RELEASE}
    found = container(CONTAINER, "iris-jobs", "migrate", labels=labels, **how)
    host.engine.here[CONTAINER] = found


def _killed() -> None:
    raise KeyboardInterrupt


def ups(host: FakeHost) -> int:
    """How often the job was begun."""
    return host.engine.log.count(f"up {CONTAINER}")


def test_a_job_runs_to_its_end_and_leaves_nothing_behind(host: FakeHost) -> None:
    common = staged(host)
    ends(host, exit_code=0)
    result = migrate(host, common)
    assert (result["ok"], result["changed"]) == (True, True)
    assert result["jobs"]["migrate"] == recorded(host)
    assert (recorded(host)["exit_code"], recorded(host)["run"]) == (0, "run-1")
    assert host.engine.here == {}
    up = next(argv for argv in host.commands if "up" in argv)
    assert up[up.index("--project-name") + 1] == "iris-jobs"
    assert up[up.index("--no-deps") :] == ["--no-deps", "--", "migrate"]


def test_that_it_began_is_on_record_before_it_does(host: FakeHost) -> None:
    common = staged(host)
    seen: list[dict[str, Any]] = []
    ends(host, exit_code=0)
    host.clock.after(0.0, lambda: seen.append(recorded(host)))
    migrate(host, common)
    assert (seen[0]["finished"], seen[0]["started"] != "") == (None, True)


def test_a_job_that_was_successful_never_runs_again(host: FakeHost) -> None:
    ends(host, exit_code=0)
    migrate(host, staged(host))
    result = migrate(host, staged(host, run="run-2"))
    assert (result["ok"], ups(host)) == (True, 1)
    assert result["jobs"]["migrate"]["run"] == "run-1"


def test_a_job_that_fails_says_its_last_words_and_may_run_again(host: FakeHost) -> None:
    ends(host, exit_code=3)
    result = migrate(host, staged(host))
    assert (result["ok"], result["job"], result["unknown"]) == (False, "migrate", None)
    assert result["problem"]["found"] == "job migrate: exit code 3"
    assert result["containers"][0]["log_tail"] == [f"{CONTAINER} said 20"]
    assert host.engine.here == {}
    ends(host, exit_code=0)
    assert migrate(host, staged(host, run="run-2"))["ok"]
    assert ups(host) == 2


def test_a_job_that_takes_too_long_is_stopped_and_no_success(host: FakeHost) -> None:
    host.comes_up["migrate"] = {"state": "running", "health": ""}
    result = migrate(host, staged(host))
    assert result["problem"]["found"] == "job migrate: did not end within 60 s"
    assert (recorded(host)["timed_out"], recorded(host)["exit_code"]) == (True, 0)
    assert f"stop {CONTAINER} within 5" in host.engine.log
    assert result["unknown"] is None


def test_a_container_that_never_starts_is_a_failure_that_is_known(host: FakeHost) -> None:
    common = staged(host)
    host.up_fails = "no such network"
    result = migrate(host, common)
    assert (result["ok"], result["unknown"]) == (False, None)
    assert "no such network" in result["problem"]["found"]


AFTER_A_KILL: list[Any] = [
    pytest.param({"state": "exited", "exit_code": 0}, 1, id="it was successful"),
    pytest.param({"state": "created"}, 2, id="it never ran"),
    pytest.param({"state": "exited", "exit_code": 4}, 2, id="it failed"),
    pytest.param({"state": "exited", "exit_code": 137, "oom": True}, 2, id="it had no memory"),
]


@pytest.mark.parametrize(("how", "count"), AFTER_A_KILL)
def test_what_the_container_tells_is_known(host: FakeHost, how: dict[str, Any], count: int) -> None:
    left(host, **how)
    ends(host, exit_code=0)
    result = migrate(host, staged(host, run="run-2"))
    assert (result["ok"], ups(host)) == (True, count)


def test_a_job_that_still_runs_is_waited_for(host: FakeHost) -> None:
    left(host, state="running")
    ends(host, exit_code=0)
    result = migrate(host, staged(host, run="run-2"))
    assert (result["ok"], ups(host)) == (True, 1)
    assert recorded(host)["run"] == "run-1"


UNKNOWN: list[Any] = [
    pytest.param({}, id="its container is gone"),
    pytest.param({"state": "exited", "exit_code": 137}, id="it was killed with the host"),
    pytest.param({"state": "exited", "exit_code": 255}, id="the engine went down"),
]


@pytest.mark.parametrize("how", UNKNOWN)
def test_an_outcome_that_nobody_knows_is_a_person_s_to_decide(
    host: FakeHost, how: dict[str, Any]
) -> None:
    left(host, **how)
    result = migrate(host, staged(host, run="run-2"))
    assert (result["ok"], result["unknown"], ups(host)) == (False, "migrate", 1)
    assert result["problem"]["found"].endswith("and nobody knows how it ended")
    again = migrate(host, staged(host, run="run-3"), takes_unknown=["migrate"])
    assert (again["ok"], ups(host)) == (True, 1)
    assert recorded(host)["taken_by"] == "run-3"


@pytest.mark.parametrize("how", UNKNOWN)
def test_an_idempotent_job_runs_again(host: FakeHost, how: dict[str, Any]) -> None:
    left(host, **how)
    ends(host, exit_code=0)
    common = staged(host, run="run-2")
    _make_idempotent(host)
    result = migrate(host, common)
    assert (result["ok"], ups(host)) == (True, 2)
    assert result["remarks"] == ["job migrate: nobody knows how it ended, so it runs again"]


def _make_idempotent(host: FakeHost) -> None:
    """As if the release had been written so; nothing but a test changes a release."""
    path = host.root / "iris/releases" / RELEASE / "release.json"
    path.write_text(json.dumps(a_manifest(RELEASE, jobs=[{**MIGRATE, "idempotent": True}])))


def test_a_container_removed_under_our_eyes_leaves_the_outcome_unknown(host: FakeHost) -> None:
    common = staged(host)
    host.comes_up["migrate"] = {"state": "running", "health": ""}
    host.clock.after(2.0, host.engine.here.clear)
    assert migrate(host, common)["unknown"] == "migrate"


def test_an_engine_that_dies_leaves_the_outcome_unknown(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = staged(host)
    host.comes_up["migrate"] = {"state": "running", "health": ""}

    def silent(_container: str) -> None:
        raise EngineProblem("docker.sock", "the engine does not answer")

    host.clock.after(2.0, lambda: monkeypatch.setattr(host.engine, "inspect", silent))
    assert migrate(host, common)["unknown"] == "migrate"


def test_the_next_run_takes_over_while_the_job_runs(host: FakeHost) -> None:
    """The controller was killed, its step on the host was not: it changes nothing any more."""
    common = staged(host)
    host.comes_up["migrate"] = {"state": "running", "health": ""}
    later: list[dict[str, Any]] = []

    def take_over() -> None:
        other = staged(host, run="run-2")
        ends(host, exit_code=0)
        later.append(migrate(host, other))

    host.clock.after(2.0, take_over)
    result = migrate(host, common)
    assert (later[0]["ok"], ups(host)) == (True, 1)
    assert "lost the lock" in result["problem"]["found"]


def test_a_job_of_another_release_that_still_runs_is_left_alone(host: FakeHost) -> None:
    common = staged(host)
    labels = {"io.rollway.release": "0-old"}
    host.engine.here["old"] = container("old", "iris-jobs", "migrate", labels=labels)
    result = migrate(host, common)
    assert result["problem"]["found"] == "job migrate of 0-old still runs, in old"
    assert (result["unknown"], list(host.engine.here)) == (None, ["old"])


@pytest.mark.parametrize("kind", ["app", "edge"])
def test_every_host_of_a_run_learns_what_is_done(host: FakeHost, kind: str) -> None:
    acquired = host.step("acquire", kind=kind)
    record = {"run": "run-1", "started": "T", "finished": "T", "exit_code": 0}
    end = {"outcome": "good", "release_id": RELEASE, "done_jobs": {"migrate": record}}
    assert host.step("conclude", kind=kind, generation=acquired["generation"], **end)["ok"]
    again = host.step("acquire", kind=kind, run=a_run("run-2"), mode="read")
    assert again["jobs"][RELEASE]["migrate"]["exit_code"] == 0


def test_check_mode_begins_nothing(host: FakeHost) -> None:
    common = staged(host)
    result = migrate(host, common, check=True)
    assert (result["ok"], result["changed"], ups(host)) == (True, True, 0)
    assert not (host.root / "iris/jobs.json").exists()


def test_a_file_of_jobs_that_does_not_parse_refuses_before_the_lock(host: FakeHost) -> None:
    staged(host)
    path = host.root / "iris/jobs.json"
    path.write_text("{")
    result = host.step("acquire", run=a_run("run-2"), alive=DEAD)
    assert (result["ok"], result["problem"]["where"]) == (False, str(path))
    assert json.loads((host.root / "iris/lock.json").read_text())["run"]["id"] == "run-1"
