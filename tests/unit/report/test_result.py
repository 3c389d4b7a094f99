from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from rollway import exits
from rollway.report.lines import say
from rollway.report.result import write_report
from rollway.rollout.journal import Event, Journal
from rollway.rollout.plan import load_plan
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import release, request, steady_fleet


def _failed_run(run_dir: Path) -> None:
    asked = request()
    asked.save(run_dir)
    decide(asked, steady_fleet()).save(run_dir)
    problem = {"where": "api-1", "found": "not ready after 10 s"}
    logs = [{"name": "iris-green-api-1-1", "log_tail": ["boom"]}]
    result = {"problem": problem, "containers": logs, "seconds": 10.0}
    Journal(run_dir).append(Event("stage", "app-1", ok=False, result=result))


def test_a_result_says_what_failed_and_what_to_type(tmp_path: Path) -> None:
    _failed_run(tmp_path)
    result = write_report(tmp_path)
    assert json.loads((tmp_path / "result.json").read_text()) == result
    assert result["exit"] == exits.FAILED
    assert result["sentence"] == "2-b failed; the whole fleet serves 1-a"
    assert result["next"] == "./invoke status --env=local --app=iris"
    assert result["problems"][0]["containers"][0]["log_tail"] == ["boom"]
    assert [host["release"] for host in result["hosts"]] == ["1-a"] * 3
    assert result["images"] == {"api": "registry/iris@sha256:b"}
    assert result["previous_images"] == {"api": "registry/iris@sha256:a"}


def test_a_check_says_in_its_result_who_holds_the_application(tmp_path: Path) -> None:
    asked, acquired = request(reads_only=True), steady_fleet()
    asked.save(tmp_path)
    decide(asked, acquired).save(tmp_path)
    for event in acquired.values():
        event.result["would_refuse"] = {"found": "locked by deploy by ana"}
        event.result["lock"] = {"id": "theirs", "owner": "ana@laptop"}
        Journal(tmp_path).append(event)
    (warning,) = write_report(tmp_path)["warnings"]
    assert warning.startswith("app-1, app-2, app-3, edge-1: locked by deploy by ana; ")
    assert json.loads((tmp_path / "result.json").read_text())["warnings"] == [warning]


LIMIT: dict[str, Any] = {"app_hosts": ["app-1", "app-3"], "outside": ["app-2"]}
RELEASES = {"1-a": release("a"), "2-b": release("b")}
PLANNED = [
    pytest.param("deploy", {}, " --version=b", id="a deploy"),
    pytest.param("deploy", LIMIT, " --version=b --limit=app-1,app-3", id="a limited deploy"),
    pytest.param("rollback", {}, "", id="a rollback"),
    pytest.param("rollback", {"to": "a", **LIMIT}, " --to=a --limit=app-1,app-3", id="its options"),
]


@pytest.mark.parametrize(("verb", "changes", "options"), PLANNED)
def test_what_was_only_planned_is_named_with_its_options(
    verb: str, changes: dict[str, Any], options: str, tmp_path: Path
) -> None:
    asked = request(verb, reads_only=True, **changes)
    asked.save(tmp_path)
    serving = {"active": "green", "blue": "1-a", "green": "2-b"} if verb == "rollback" else {}
    acquired = steady_fleet(**serving, **({"releases": RELEASES} if serving else {}))
    decide(asked, acquired).save(tmp_path)
    for event in acquired.values():
        Journal(tmp_path).append(event)
    result = write_report(tmp_path)
    assert result["next"] == f"./invoke {verb} --env=local --app=iris{options}"


def test_a_run_is_readable_as_junit(tmp_path: Path) -> None:
    _failed_run(tmp_path)
    write_report(tmp_path)
    suite = ET.fromstring((tmp_path / "junit.xml").read_text())
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "not ready after 10 s"


def test_sentences(tmp_path: Path) -> None:
    _failed_run(tmp_path)
    plan = load_plan(tmp_path)
    said = [
        say(Event("stage", "app-1", result={"cut": {}, "seconds": 1.42}), plan),
        say(Event("shift", "edge-1", wave=1), plan),
        say(Event("unshift", "edge-1"), plan),
        say(Event("stage", "app-2", ok=False, unreachable=True), plan),
        say(Event("stage", "app-2", ok=False, result={"problem": {"found": "no disk"}}), plan),
    ]
    assert said == [
        "app-1: runs 2-b, ready after 1.4 s",
        "edge-1: wave 2 of 3: traffic of app-2 goes to 2-b",
        "edge-1: serves 1-a again",
        "app-2: cannot be reached",
        "app-2: no disk",
    ]


@pytest.mark.parametrize("verb", ["rollback", "deploy"])
def test_going_back_changes_no_image_of_a_job(verb: str, tmp_path: Path) -> None:
    told = {"blue": "2-b", "green": "1-a", "warm": "green", "releases": RELEASES}
    asked, acquired = request(verb), steady_fleet(**told)
    asked.save(tmp_path)
    plan = decide(asked, acquired)
    job = {"name": "migrate", "backward_compatible": True}
    images = {"api": "registry/iris@sha256:a", "migrate": "registry/iris@sha256:a"}
    replace(plan, release={**plan.release, "images": images, "jobs": [job]}).save(tmp_path)
    result = write_report(tmp_path)
    assert ("migrate" in result["images"]) is (verb == "deploy")


def test_what_hosts_said_of_their_accessories_is_a_note(tmp_path: Path) -> None:
    asked = request()
    asked.save(tmp_path)
    decide(asked, steady_fleet()).save(tmp_path)
    said = "iris-accessories/db is made anew: config db.conf"
    Journal(tmp_path).append(Event("stage", "app-1", result={"ok": True, "remarks": [said]}))
    assert write_report(tmp_path)["notes"][-1] == f"app-1: {said}"
