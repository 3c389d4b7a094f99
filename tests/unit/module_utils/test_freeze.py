"""A person's hand on the lock: freezes, and locks taken away by the id of their run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.files import exclusive

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
SPOILED = b'{"schema": 2, '
HOLD = {"release": SECOND, "previous": FIRST, "run": "run-held", "reasons": ["the bake"]}


def _person(name: str = "frozen", reason: str = "moving the database") -> dict[str, Any]:
    return {**a_run(name, machine_id="desk"), "verb": "lock.acquire", "reason": reason}


def _kinds(host: FakeHost) -> list[tuple[str, str]]:
    return [(one["kind"], one["id"]) for one in host.step("look")["holders"]]


def test_looking_at_an_unknown_application_writes_nothing(host: FakeHost) -> None:
    result = host.step("look", kind="edge")
    assert (result["ok"], result["changed"], result["holders"]) == (True, False, [])
    assert not host.root.exists()


@pytest.mark.parametrize("verb", ["deploy", "rollback", "promote", "abort"])
def test_a_freeze_refuses_every_run_and_says_why(host: FakeHost, verb: str) -> None:
    assert host.step("freeze", run=_person())["changed"] is True
    result = host.step("acquire", run={**a_run("theirs"), "verb": verb})
    assert (result["ok"], result["outcome"]) == (False, "locked")
    assert result["problem"] == {
        "where": str(host.root / "iris/freeze.json"),
        "found": "frozen by ana@laptop since 2026-01-31T12:00:00Z: moving the database "
        "(run frozen)",
        "accepted": "no freeze",
        "next": "./invoke lock.release --run=frozen",
    }
    read = host.step("acquire", mode="read", run=a_run("theirs"))
    assert (read["freeze"]["id"], read["would_refuse"]) == ("frozen", result["problem"])


def test_a_second_freeze_is_refused_and_the_same_one_is_there_already(host: FakeHost) -> None:
    host.step("freeze", run=_person())
    second = host.step("freeze", run=_person("other"))
    assert (second["ok"], second["outcome"]) == (False, "locked")
    assert second["problem"]["next"] == "./invoke lock.release --run=frozen"
    again = host.step("freeze", run=_person())
    assert (again["ok"], again["changed"]) == (True, False)


def test_a_run_that_works_goes_on_under_a_freeze(host: FakeHost) -> None:
    acquired = host.step("acquire")
    with exclusive(host.root / "iris/mutex"):  # a step of it may last for minutes
        assert host.step("freeze", run=_person())["ok"]
    assert _kinds(host) == [("freeze", "frozen"), ("run", "run-1")]
    common = {"generation": acquired["generation"], "slot": "blue"}
    assert host.step("stage", **common, manifest=a_manifest(FIRST))["ok"]
    assert host.step("conclude", **common, outcome="aborted")["unlocked"] is True
    assert _kinds(host) == [("freeze", "frozen")]


def test_in_check_mode_nothing_is_frozen_or_released(host: FakeHost) -> None:
    assert host.step("freeze", run=_person(), check=True)["ok"]
    assert not host.root.exists()
    host.step("freeze", run=_person())
    result = host.step("unlock", target="frozen", check=True)
    assert (result["changed"], result["released"]) == (False, ["freeze"])
    assert _kinds(host) == [("freeze", "frozen")]


def test_a_freeze_is_released_by_its_id_and_by_no_other(host: FakeHost) -> None:
    host.step("freeze", run=_person())
    wrong = host.step("unlock", target="another")
    assert (wrong["ok"], wrong["changed"], wrong["released"]) == (True, False, [])
    assert wrong["holders"][0]["id"] == "frozen"
    assert host.step("unlock", target="frozen")["released"] == ["freeze"]
    assert host.step("acquire")["outcome"] == "acquired"


def test_a_release_without_an_id_is_refused(host: FakeHost) -> None:
    assert host.step("unlock")["problem"]["where"] == "unlock/target"


def test_a_run_whose_lock_was_taken_away_changes_nothing_more(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    run = a_run("lost", machine_id="gone")
    acquired = host.step("acquire", run=run, services=[{"name": "api", "replicas": 1}])
    common = {"run": run, "generation": acquired["generation"], "slot": "green"}
    assert host.step("stage", **common, manifest=a_manifest(SECOND))["ok"]
    released = host.step("unlock", run=_person("mine"), target="lost")
    assert (released["released"], released["holders"]) == (["run"], [])
    assert released["generation"] == acquired["generation"] + 1
    before, log = host.state(), list(host.engine.log)
    late = host.step("start", **common, release_id=SECOND)
    assert late["problem"]["found"] == "lost the lock: held by nobody"
    assert (host.state(), host.engine.log) == (before, log)
    assert before["phase"]["run"] == "lost"  # what was interrupted is still to be seen
    assert '"outcome": "released run lost"' in (host.root / "iris/audit.jsonl").read_text()


def test_a_step_that_still_runs_keeps_its_lock(host: FakeHost) -> None:
    host.step("acquire", run=a_run("theirs"))
    with exclusive(host.root / "iris/mutex"):
        result = host.step("unlock", run=_person("mine"), target="theirs")
    assert (result["ok"], result["outcome"]) == (False, "locked")
    assert _kinds(host) == [("run", "theirs")]


@pytest.fixture
def decided(host: FakeHost) -> FakeHost:
    """A held release in the hands of a promote on a controller that is gone."""
    acquired = host.step("acquire", run=a_run("run-held"))
    common = {"run": a_run("run-held"), "generation": acquired["generation"]}
    assert host.step("conclude", **common, outcome="held", hold=HOLD)["unlocked"] is False
    assert _kinds(host) == [("hold", "run-held")]
    promote = {**a_run("run-promote", machine_id="gone"), "verb": "promote"}
    assert host.step("acquire", run=promote)["ok"]
    assert _kinds(host) == [("decision", "run-promote")]
    return host


def test_of_a_decision_the_question_stays_for_somebody_else(decided: FakeHost) -> None:
    for _ in range(2):  # a second time, since some other host did not answer the first
        assert decided.step("unlock", target="run-promote")["ok"]
        assert _kinds(decided) == [("hold", "run-held")]
    late = {**a_run("run-promote", machine_id="gone"), "verb": "promote"}
    end = decided.step("conclude", run=late, generation=3, outcome="good", release_id=SECOND)
    assert end["problem"]["found"].startswith("lost the lock: generation ")
    abort = {**a_run("run-abort", machine_id="desk"), "verb": "abort"}
    assert decided.step("acquire", run=abort)["hold"]["release"] == SECOND


def test_a_hold_in_somebody_s_hands_is_not_released_by_its_own_id(decided: FakeHost) -> None:
    assert decided.step("unlock", target="run-held")["released"] == []
    decided.step("unlock", target="run-promote")
    assert decided.step("unlock", target="run-held")["released"] == ["hold"]
    assert decided.step("acquire", run=a_run("next"))["outcome"] == "acquired"


def test_a_lock_is_released_beside_a_state_that_cannot_be_read(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    assert host.step("acquire", run=a_run("lost"))["ok"]
    path = host.root / "iris/state.json"
    path.write_bytes(SPOILED)
    looked = host.step("look")
    assert ([one["id"] for one in looked["holders"]], looked["generation"]) == (["lost"], None)
    released = host.step("unlock", run=_person("mine"), target="lost")
    assert (released["released"], released["holders"]) == (["run"], [])
    assert path.read_bytes() == SPOILED  # it is for `doctor --fix`, which may begin now
    assert host.step("doctor", run=a_run("doctor-1"))["ok"]
    assert host.slots()["blue"] == (FIRST, "running")
