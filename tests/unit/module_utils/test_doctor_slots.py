"""What the doctor says of slots: what stands in them, serves from them, and ends them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible.module_utils.rollway.command import Finished
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.state import State, save_state

from tests.unit.module_utils.doctor_fixtures import (
    FIRST,
    WARM_API,
    fix,
    leave,
    look,
    rows,
)
from tests.unit.module_utils.fakes import FakeHost, a_run, connection


def test_a_slot_that_made_room_is_left_alone(well: FakeHost) -> None:
    state = State.from_json(well.state())
    blue = replace(state.slots["blue"], state="stopped", deadline=None, shifted_away_at=None)
    save_state(AppPaths(well.root, "iris"), state.with_slot("blue", blue))
    well.engine.here[WARM_API]["State"]["Status"] = "exited"
    assert look(well)["findings"] == []


@pytest.fixture
def single(well: FakeHost) -> FakeHost:
    """A host that serves its first release; the slot green is empty."""
    host = FakeHost(root=well.root.parent / "single")
    host.deploy(FIRST, "blue")
    host.engine.log.clear()
    return host


def test_a_slot_that_is_recorded_as_empty_is_cleared(single: FakeHost) -> None:
    leave(single, "x", "iris-green")
    single.engine.nets["iris-green_default"] = "iris-green"
    finding = ("slot", "iris-green", "stops and removes them")
    assert rows(single, look(single)["findings"]) == [finding]
    assert fix(single)["findings"] == []
    assert single.engine.log == [
        "stop x within 5",
        "remove x without its volumes",
        "remove network iris-green_default",
    ]


def test_networks_of_a_slot_that_is_recorded_as_empty_go(single: FakeHost) -> None:
    single.engine.nets["iris-green_default"] = "iris-green"
    assert [one["kind"] for one in fix(single)["repaired"]] == ["network"]
    assert "iris-green_default" not in single.engine.nets
    assert "iris-blue_default" in single.engine.nets


SERVING: list[Any] = [
    pytest.param({"serves": ["green"]}, False, id="an edge sends requests there"),
    pytest.param({}, True, id="somebody is connected"),
]


@pytest.mark.parametrize(("told", "is_connected"), SERVING)
def test_an_empty_slot_that_serves_is_only_named(
    told: dict[str, Any], is_connected: bool, single: FakeHost
) -> None:
    leave(single, "x", "iris-green")
    single.connections = {100: [connection()]} if is_connected else {}
    assert rows(single, fix(single, **told)["findings"]) == [("slot", "iris-green", "")]
    assert "x" in single.running()


@pytest.mark.parametrize("is_gone", [False, True], ids=["recorded as empty", "without a state"])
def test_what_a_silent_edge_may_use_is_only_named(is_gone: bool, single: FakeHost) -> None:
    leave(single, "x", "iris-green")
    if is_gone:
        (single.root / "iris/state.json").unlink()
    running = single.running()
    found = fix(single, edges_told=False)["findings"]
    empty = ["iris-blue", "iris-green"] if is_gone else ["iris-green"]
    assert rows(single, found) == [("slot", project, "") for project in empty]
    assert found[0]["next"] == "./invoke doctor --fix, once every edge answers"
    assert single.running() == running


def _run_named(host: FakeHost) -> None:
    leave(host, "0123456789ab_iris-green-api-1-1", "iris-green")


def _run_stray(host: FakeHost) -> None:
    leave(host, "mine", "scratch", labels={"io.rollway.app": "iris"})


@pytest.mark.parametrize("change", [_run_named, _run_stray], ids=["temporary", "stray"])
def test_what_runs_is_only_named(change: Callable[[FakeHost], None], well: FakeHost) -> None:
    change(well)
    result = fix(well)
    assert [(one["kind"], one["fix"]) for one in result["findings"]] == [("container", "")]
    assert result["findings"][0]["next"].startswith("docker ")
    assert well.engine.log == []


def test_a_warm_slot_without_its_timer_gets_one(
    well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_armed: list[bool] = []
    run = well.run

    def answer(argv: Any, **options: Any) -> Finished:
        is_armed.extend([True] if argv[0] == "systemd-run" else [])
        if argv[:2] == ["systemctl", "is-active"] and not is_armed:
            return Finished(3, "inactive\n", "")
        return run(argv, **options)

    monkeypatch.setattr(well, "run", answer)
    where = "rollway-reap-iris-blue.timer"
    assert rows(well, look(well)["findings"]) == [("unit", where, "arms it, for 300 s")]
    assert fix(well)["findings"] == []
    assert is_armed


def test_a_warm_slot_that_may_serve_needs_no_timer(
    well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert well.step("acquire", run=a_run("lost"))["ok"]
    assert well.step("unlock", run=a_run("mine"), target="lost")["ok"]
    run = well.run

    def answer(argv: Any, **options: Any) -> Finished:
        is_asked = argv[:2] == ["systemctl", "is-active"]
        return Finished(3, "inactive\n", "") if is_asked else run(argv, **options)

    monkeypatch.setattr(well, "run", answer)
    assert fix(well)["findings"] == []
