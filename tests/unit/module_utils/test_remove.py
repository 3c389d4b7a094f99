"""An application leaves one host: everything of it, and nothing of its neighbours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.rollway.sealed import read_sealed, write_sealed

from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost, a_run, connection, image_of

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
GONE = {"verb": "remove", "result": "removed"}


def _begin(host: FakeHost, *, run: str = "gone") -> dict[str, Any]:
    acquired = host.step("acquire", run=a_run(run))
    return {"run": a_run(run), "generation": acquired["generation"], "record": GONE}


def _remove(host: FakeHost, *, run: str = "gone", **asked: Any) -> dict[str, Any]:
    return host.step("remove", **_begin(host, run=run), **asked)


@pytest.fixture
def serving(host: FakeHost) -> FakeHost:
    """A host with a release that serves, one that is warm, an accessory and a neighbour."""
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    for project, service in (("iris-accessories", "db"), ("other-blue", "api-1")):
        name = f"{project}-{service}-1"
        host.engine.here[name] = container(name, project, service)
        host.engine.nets[f"{project}_default"] = project
    host.engine.made_volumes |= {"other_data", "iris-blue_cache"}
    ports = host.root / "ports.json"
    table = (read_sealed(ports) or {})["apps"]
    write_sealed(ports, {"apps": {**table, "other": {"api": {"blue": [29000], "green": []}}}})
    return host


def test_everything_goes_but_volumes_and_what_is_another_s(serving: FakeHost) -> None:
    result = _remove(serving)
    assert (result["ok"], result["found"]) == (True, True), result["problem"]
    assert list(serving.engine.here) == ["other-blue-api-1-1"]
    assert serving.engine.nets == {"other-blue_default": "other-blue"}
    assert serving.engine.made_volumes == {"iris_data", "iris-blue_cache", "other_data"}
    assert result["volumes"] == ["iris-blue_cache", "iris_data"]
    table = (read_sealed(serving.root / "ports.json") or {})["apps"]
    assert list(table) == ["other"]
    assert not serving.engine.images & {image_of(FIRST), image_of(SECOND)}
    assert not (serving.root / "iris" / "releases").exists()
    assert not (serving.root / "iris" / "slots").exists()


def _job(host: FakeHost, status: str) -> None:
    name = "iris-jobs-migrate-1"
    host.engine.here[name] = container(name, "iris-jobs", "migrate", state=status)
    host.engine.nets["iris-jobs_default"] = "iris-jobs"
    write_sealed(host.root / "iris/jobs.json", {"releases": {}})


def test_jobs_and_what_is_known_of_them_go_too(serving: FakeHost) -> None:
    _job(serving, "exited")
    result = _remove(serving)
    assert result["ok"], result["problem"]
    assert list(serving.engine.here) == ["other-blue-api-1-1"]
    assert serving.engine.nets == {"other-blue_default": "other-blue"}
    assert not (serving.root / "iris/jobs.json").exists()


def test_a_job_that_runs_is_not_cut(serving: FakeHost) -> None:
    _job(serving, "running")
    before = serving.running()
    result = _remove(serving)
    assert (result["ok"], serving.running()) == (False, before)
    assert result["problem"]["accepted"] == "no job that runs"


def test_what_it_did_stays_on_record_and_numbers_go_on(serving: FakeHost) -> None:
    before = serving.state()["generation"]
    _remove(serving, run="run-9")
    state = serving.state()
    assert (state["active"], state["releases"], state["phase"]) == (None, {}, None)
    assert (state["last_release"], state["generation"]) == (SECOND, before + 2)
    assert not (serving.root / "iris" / "lock.json").exists()
    lines = (serving.root / "iris" / "audit.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["outcome"] == "removed"
    runs = serving.step("history", count=5)["runs"]
    assert runs[0]["outcome"] == "removed"


def test_volumes_go_where_that_was_asked(serving: FakeHost) -> None:
    _remove(serving, volumes=True)
    assert serving.engine.made_volumes == {"other_data"}


def test_the_slot_that_serves_goes_when_its_last_request_has_ended(serving: FakeHost) -> None:
    serving.connections = {100: [connection()]}
    serving.clock.after(3.0, serving.connections.clear)
    result = _remove(serving)
    assert result["cut"] == {}
    assert result["timings"]["drain"] >= 3.0


def test_what_never_ends_is_counted_and_cut(serving: FakeHost) -> None:
    serving.connections = {100: [connection()]}
    result = _remove(serving)
    assert result["cut"]["iris-green-api-1-1"] == 1
    assert "iris-green-api-1-1" not in serving.running()


def test_timers_are_taken_back(serving: FakeHost) -> None:
    _remove(serving)
    stopped = [argv[2] for argv in serving.commands if argv[:2] == ["systemctl", "stop"]]
    assert {"rollway-reap-iris-blue.timer", "rollway-reap-iris-green.timer"} <= set(stopped)


def test_a_second_time_there_is_nothing_and_no_record(serving: FakeHost) -> None:
    _remove(serving)
    audit = (serving.root / "iris" / "audit.jsonl").read_text()
    again = _remove(serving, run="again")
    assert (again["ok"], again["found"]) == (True, False)
    assert (serving.root / "iris" / "audit.jsonl").read_text() == audit
    assert not (serving.root / "iris" / "lock.json").exists()


def test_one_that_broke_off_is_continued(
    serving: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_container: str, **_how: Any) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(serving.engine, "remove", fails)
        asked = _begin(serving)
        assert not serving.step("remove", **asked)["ok"]
    assert serving.state()["phase"]["step"] == "remove"
    again = serving.step("remove", **asked)
    assert (again["ok"], again["found"]) == (True, True), again["problem"]
    assert list(serving.engine.here) == ["other-blue-api-1-1"]


def test_an_image_that_another_application_names_stays(serving: FakeHost) -> None:
    theirs = serving.root / "other" / "releases" / FIRST
    theirs.mkdir(parents=True)
    write_sealed(theirs / "release.json", {"manifest": {"images": {"api": image_of(SECOND)}}})
    _remove(serving)
    assert image_of(SECOND) in serving.engine.images


def test_check_mode_changes_nothing(serving: FakeHost) -> None:
    asked, before = _begin(serving), serving.running()
    foreseen = serving.step("remove", **asked, check=True)
    assert (foreseen["changed"], foreseen["found"]) == (True, True)
    assert (serving.running(), serving.state()["active"]) == (before, "green")


def test_a_run_that_lost_the_lock_removes_nothing(serving: FakeHost) -> None:
    asked, before = _begin(serving), serving.running()
    (serving.root / "iris" / "lock.json").unlink()
    assert not serving.step("remove", **asked)["ok"]
    assert serving.running() == before


def test_an_edge_keeps_its_audit_and_counts_on(host: FakeHost) -> None:
    acquired = host.step("acquire", run=a_run("gone"), kind="edge")
    about = {"generation": acquired["generation"], "kind": "edge"}
    result = host.step("remove", run=a_run("gone"), record={**GONE, "found": True}, **about)
    assert (result["ok"], result["volumes"]) == (True, [])
    lines = (host.root / "iris" / "audit.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["outcome"] == "removed"
    assert not (host.root / "iris" / "lock.json").exists()


def test_after_it_the_application_can_be_deployed_again(serving: FakeHost) -> None:
    _remove(serving)
    serving.deploy("3-1.2.0", "blue")
    assert serving.slots()["blue"] == ("3-1.2.0", "running")
