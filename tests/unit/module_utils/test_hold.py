"""A run that is held: what stays on a host, and who may go on with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
WEB = [{"name": "api", "replicas": 1}]
HOLD = {"release": SECOND, "previous": FIRST, "reasons": ["edge-1: the bake"], "since": "now"}


def _decider(verb: str, *, machine: str = "ci") -> dict[str, Any]:
    return {**a_run(f"run-{verb}", machine_id=machine), "verb": verb}


@pytest.fixture
def held(host: FakeHost) -> FakeHost:
    """A host whose traffic had moved to the second release when the run was held."""
    host.deploy(FIRST, "blue")
    run = a_run("run-held")
    acquired = host.step("acquire", run=run, services=WEB)
    common = {"run": run, "generation": acquired["generation"], "slot": "green"}
    host.step("stage", **common, manifest=a_manifest(SECOND), then_start=True)
    concluded = host.step(
        "conclude", **common, release_id=SECOND, outcome="held", active_slot="green", hold=HOLD
    )
    assert concluded["ok"], concluded["problem"]
    assert (concluded["unlocked"], concluded["serves"]) == (False, SECOND)
    return host


def test_both_slots_stay_and_the_record_says_where_traffic_stands(held: FakeHost) -> None:
    state = held.state()
    assert held.slots() == {"blue": (FIRST, "running"), "green": (SECOND, "running")}
    assert (state["active"], state["last_good"], state["phase"]) == ("green", FIRST, None)
    assert state["releases"][SECOND]["outcome"] == "candidate"
    assert json.loads((held.root / "iris/lock.json").read_text())["hold"] == HOLD


def test_a_deploy_does_not_get_through_and_hears_what_to_type(held: FakeHost) -> None:
    result = held.step("acquire", run=a_run("theirs"))
    assert (result["ok"], result["outcome"], result["hold"]) == (False, "locked", HOLD)
    assert result["problem"]["found"] == (
        f"{SECOND} is held by deploy by ana@laptop since 2026-01-31T12:00:00Z (run run-held)"
    )
    assert result["problem"]["next"] == "./invoke promote, or ./invoke abort"


def test_reading_says_that_a_hold_refuses_a_deploy_and_not_who_decides(held: FakeHost) -> None:
    found = held.step("acquire", mode="read", run=a_run("theirs"))["would_refuse"]
    assert found["found"].startswith(f"{SECOND} is held by deploy by ana@laptop since ")
    decider = held.step("acquire", mode="read", run=_decider("promote"))
    assert decider["would_refuse"] is None


@pytest.mark.parametrize("verb", ["promote", "abort", "rollback"])
def test_whoever_decides_takes_it_over_from_any_controller(held: FakeHost, verb: str) -> None:
    result = held.step("acquire", run=_decider(verb))
    assert (result["outcome"], result["hold"]) == ("acquired", HOLD)


def test_only_one_person_decides_at_a_time(held: FakeHost) -> None:
    held.step("acquire", run=_decider("promote"))
    result = held.step("acquire", run=_decider("abort", machine="laptop"))
    assert (result["ok"], result["outcome"]) == (False, "locked")
    assert result["problem"] == {
        "where": str(held.root / "iris/lock.json"),
        "found": f"{SECOND} is held, and promote by ana@laptop since 2026-01-31T12:00:00Z "
        "(run run-promote) decides about it: process 7 on laptop; whether it is at work, only "
        "laptop knows",
        "accepted": "one decision at a time",
        "next": "wait for it; if it was killed, ./invoke abort on laptop takes it over; "
        "if laptop is gone for good, ./invoke lock.release --run=run-promote",
    }


def test_a_decider_that_was_killed_is_taken_over_from_its_own_controller(held: FakeHost) -> None:
    held.step("acquire", run=_decider("promote"))
    run, gone = _decider("abort"), {"scan_ticks": 200, "processes": []}
    assert held.step("acquire", run=run, alive={**gone, "processes": [[7, 100]]})["ok"] is False
    result = held.step("acquire", run=run, alive=gone)
    assert (result["outcome"], result["taken_over"]["id"]) == ("acquired", "run-promote")
    concluded = held.step(
        "conclude", run=run, generation=result["generation"], outcome="held", hold=HOLD
    )
    assert concluded["ok"]
    assert held.step("acquire", run=_decider("abort", machine="laptop"))["hold"] == HOLD


def test_a_decision_that_was_refused_leaves_it_held(held: FakeHost) -> None:
    run = _decider("promote")
    acquired = held.step("acquire", run=run)
    common = {"run": run, "generation": acquired["generation"]}
    assert held.step("conclude", **common, outcome="aborted")["unlocked"] is False
    assert held.step("acquire", run=a_run("theirs"))["outcome"] == "locked"
    assert held.step("acquire", run=_decider("abort", machine="laptop"))["outcome"] == "acquired"


def test_an_abort_that_failed_leaves_it_held_and_marks_nothing(held: FakeHost) -> None:
    run = _decider("abort")
    acquired = held.step("acquire", run=run, services=WEB)
    common = {"run": run, "generation": acquired["generation"], "release_id": FIRST}
    end = {"outcome": "held", "active_slot": "green", "voids": [SECOND], "hold": HOLD}
    assert held.step("conclude", **common, slot="blue", **end)["unlocked"] is False
    assert held.state()["releases"][SECOND]["outcome"] == "candidate"
    assert held.slots() == {"blue": (FIRST, "running"), "green": (SECOND, "running")}
    assert held.step("acquire", run=_decider("abort", machine="laptop"))["hold"] == HOLD


def test_abort_marks_what_it_leaves_as_bad_and_unlocks(held: FakeHost) -> None:
    run = _decider("abort")
    acquired = held.step("acquire", run=run, services=WEB)
    concluded = held.step(
        "conclude",
        run=run,
        generation=acquired["generation"],
        release_id=FIRST,
        slot="blue",
        outcome="good",
        active_slot="blue",
        voids=[SECOND],
    )
    assert concluded["unlocked"] is True
    assert held.state()["releases"][SECOND]["outcome"] == "bad"
    assert held.slots() == {"blue": (FIRST, "running"), "green": (SECOND, "warm")}
    assert not (held.root / "iris/lock.json").exists()


def test_workers_change_on_a_host_whose_traffic_had_moved(held: FakeHost) -> None:
    run = _decider("promote")
    acquired = held.step("acquire", run=run, services=WEB)
    common = {"run": run, "generation": acquired["generation"], "slot": "green"}
    switched = held.step("switch", **common, release_id=SECOND, old_slot="blue")
    assert (switched["started"], switched["stopped"]) == (["mail-1"], ["iris-blue-mail-1-1"])
    again = held.step("switch", **common, release_id=SECOND, old_slot="blue")
    assert (again["ok"], again["changed"]) == (True, False)


def test_a_worker_that_works_is_not_judged_again_for_an_old_restart(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    host.engine.here["iris-green-mail-1-1"]["RestartCount"] = 1
    acquired = host.step("acquire", run=a_run("again"), services=WEB)
    common = {"run": a_run("again"), "generation": acquired["generation"], "slot": "green"}
    assert host.step("switch", **common, release_id=SECOND, old_slot="blue")["ok"]


def test_a_worker_that_fails_in_the_slot_that_serves_does_not_bring_back_old_ones(
    host: FakeHost,
) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    host.engine.stop("iris-green-mail-1-1", grace_seconds=1)
    host.comes_up["mail-1"] = {"state": "exited"}
    acquired = host.step("acquire", run=a_run("again"), services=WEB)
    common = {"run": a_run("again"), "generation": acquired["generation"], "slot": "green"}
    assert not host.step("switch", **common, release_id=SECOND, old_slot="blue")["ok"]
    assert "iris-blue-mail-1-1" not in host.running()


def test_workers_return_when_a_rollback_to_a_warm_slot_fails(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    run = a_run("back")
    acquired = host.step("acquire", run=run, services=WEB)
    common = {"run": run, "generation": acquired["generation"], "slot": "blue"}
    host.step("switch", **common, release_id=FIRST, old_slot="green")
    end = {"outcome": "bad", "active_slot": "green", "release_id": FIRST}
    assert host.step("conclude", **common, **end)["ok"]
    assert "iris-green-mail-1-1" in host.running()
    assert "iris-blue-mail-1-1" not in host.running()
    assert host.slots()["blue"] == (FIRST, "warm")


def test_a_host_outside_a_decision_is_unlocked_and_has_no_record_of_it(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    run = _decider("promote")
    acquired = host.step("acquire", run=run)
    common = {"run": run, "generation": acquired["generation"], "outcome": "aborted"}
    assert host.step("conclude", **common, record={"result": "outside"})["unlocked"] is True
    assert [path.name for path in (host.root / "iris/runs").iterdir()] == [f"run-{FIRST}.json"]


@pytest.mark.parametrize("kind", ["app", "edge"])
def test_a_first_release_that_is_given_up_is_bad_and_held_no_more(
    host: FakeHost, kind: str
) -> None:
    common: dict[str, Any] = {"kind": kind, "run": a_run("run-held")}
    common["generation"] = host.step("acquire", **common, services=WEB)["generation"]
    if kind == "app":
        assert host.step("stage", **common, slot="blue", manifest=a_manifest(FIRST))["ok"]
    hold = {**HOLD, "release": FIRST, "previous": None}
    assert host.step("conclude", **common, release_id=FIRST, outcome="held", hold=hold)["ok"]
    decider: dict[str, Any] = {"kind": kind, "run": _decider("abort")}
    decider["generation"] = host.step("acquire", **decider)["generation"]
    ended = host.step("conclude", **decider, release_id=FIRST, outcome="bad")
    assert (ended["ok"], ended["unlocked"]) == (True, True)
    assert not (host.root / "iris/lock.json").exists()
    outcomes = [one["outcome"] for one in host.state()["releases"].values()]
    assert outcomes == (["bad"] if kind == "app" else [])
    assert host.state()["last_release"] == FIRST
