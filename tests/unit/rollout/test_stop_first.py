"""Hosts that stop first: which step does what, when, and how the way back goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.lines import say
from rollway.rollout.calls import EDGE_MODULE, start_call
from rollway.rollout.interrupted import interruption
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.plan import Move
from rollway.rollout.planning import decide
from rollway.rollout.verdict import Decision, judge
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet
from tests.unit.rollout.run_folder import RunFolder

STARTED: dict[str, Any] = {"result": {"cut": {}}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "never ready"}}}
LOST: dict[str, Any] = {"ok": False, "unreachable": True}


class Run(RunFolder):
    """A run's folder; hosts named in `full` have no room for both releases, or all ask for it."""

    def __init__(self, run_dir: Path, *full: str, **rollout: Any) -> None:
        service = {"name": "api", "class": "web", "replicas": 1, "port": 8000, "memory_bytes": 2}
        wanted = manifest("b", services=[service])
        wanted["rollout"] |= rollout
        acquired = steady_fleet()
        for name in full:
            acquired[name].result["facts"] = {"memory_available_bytes": 1}
        super().__init__(run_dir, request(manifest=wanted), acquired)

    def edge_moved(self, step: str, wave: int | None = None, **slots: str) -> Run:
        """An edge did a step; `app_1="green"` gets requests now."""
        servers = [
            {"host": host.replace("_", "-"), "slot": slot, "admin_state": "ready"}
            for host, slot in slots.items()
        ]
        return self.happened(step, "edge-1", wave=wave, result={"servers": servers})

    def wave_done(self, wave: int) -> Run:
        """A wave's host stopped first, started, and every host before it serves green."""
        name = f"app-{wave + 1}"
        before = {f"app_{n}": "green" if n <= wave else "blue" for n in (1, 2, 3) if n != wave + 1}
        self.edge_moved("drain", wave, **before)
        self.happened("start", name, **STARTED)
        return self.edge_moved("shift", wave, **before, **{name.replace("-", "_"): "green"})

    def ready(self, step: str, wave: int | None = None) -> list[str]:
        """The servers that an edge is told to send requests to."""
        servers = self.calls(step, "edge-1", wave)[0].arguments["servers"]
        return [one["name"] for one in servers if one["state"] == "ready"]

    def decision(self) -> Decision:
        return judge(self.plan, fold(self.plan, Journal(self.run_dir).events())).decision


@pytest.fixture
def full(tmp_path: Path) -> Run:
    """The second of three hosts has no room for both."""
    return Run(tmp_path, "app-2")


@pytest.fixture
def everywhere(tmp_path: Path) -> Run:
    """Every host stops first."""
    return Run(tmp_path, order="stop-first")


def test_only_the_host_without_room_is_drained_and_started_in_its_wave(full: Run) -> None:
    assert full.plan.first_moves == [Move("shift", "edge-1", 0)]
    assert full.plan.other_moves == [
        Move("drain", "edge-1", 1),
        Move("start", "app-2", 1),
        Move("shift", "edge-1", 1),
        Move("shift", "edge-1", 2),
    ]


def test_a_release_that_fits_costs_no_move_more(tmp_path: Path) -> None:
    plan = Run(tmp_path).plan
    assert [*plan.first_moves, *plan.other_moves] == [Move("shift", "edge-1", n) for n in range(3)]
    assert plan.undo_moves == [Move("unshift", "edge-1", 0)]


def test_the_first_wave_does_not_start_while_it_is_staged(everywhere: Run) -> None:
    (call,) = everywhere.calls("stage", "app-1")
    assert call.arguments["then_start"] is False
    assert everywhere.plan.first_moves[0] == Move("drain", "edge-1", 0)


def test_the_host_does_not_start_with_the_rest(full: Run) -> None:
    full.happened("stage", "app-1", **STARTED).edge_moved("shift", 0)
    assert full.skips("advance", "app-2") == "it starts with its wave"
    (call,) = full.calls("advance", "app-3")
    assert "stops_first" not in call.arguments


def test_the_edge_lets_it_go_and_ends_its_old_workers(everywhere: Run) -> None:
    drain, settle = everywhere.calls("drain", "edge-1", 0)
    assert (drain.module, drain.arguments["step"]) == (EDGE_MODULE, "apply")
    assert (settle.module, settle.arguments["step"]) == (EDGE_MODULE, "settle")
    assert everywhere.ready("drain", 0) == ["app-2-blue-1", "app-3-blue-1"]


def test_it_stops_only_when_every_edge_has_let_it_go(everywhere: Run) -> None:
    assert everywhere.skips("start", "app-1") == "an edge may still send it requests"
    everywhere.edge_moved("drain", 0)
    (call,) = everywhere.calls("start", "app-1")
    assert call.arguments["stops_first"] is True


def test_no_wave_is_let_go_before_the_one_before_it_serves(everywhere: Run) -> None:
    everywhere.edge_moved("drain", 0).happened("start", "app-1", **STARTED)
    assert everywhere.skips("drain", "edge-1", 1) == "an earlier wave is not confirmed"


def test_an_edge_that_does_not_let_go_ends_the_run_where_it_was(everywhere: Run) -> None:
    everywhere.happened("drain", "edge-1", wave=0, **FAILED)
    assert everywhere.skips("start", "app-1") == "the run goes no further"
    assert everywhere.skips("undo", "app-1") == "it runs what it did"
    assert everywhere.ready("unshift") == ["app-1-blue-1", "app-2-blue-1", "app-3-blue-1"]
    everywhere.edge_moved("unshift")
    assert everywhere.outcome().exit_code == exits.FAILED


def test_a_release_that_fails_there_comes_back(everywhere: Run) -> None:
    everywhere.edge_moved("drain", 0, app_2="blue", app_3="blue")
    everywhere.happened("start", "app-1", **FAILED)
    assert everywhere.ready("retreat", 0) == ["app-2-blue-1", "app-3-blue-1"]
    (call,) = everywhere.calls("undo", "app-1")
    assert (call.arguments["step"], call.arguments["slot"]) == ("undo", "green")
    assert call.arguments["stops_first"] is True
    everywhere.edge_moved("retreat", 0).happened("undo", "app-1", result={"restored": False})
    assert everywhere.ready("unshift") == ["app-1-blue-1", "app-2-blue-1", "app-3-blue-1"]
    everywhere.edge_moved("unshift")
    assert everywhere.outcome().exit_code == exits.FAILED
    assert everywhere.skips("undo", "app-2") == "it runs what it did"


def test_the_way_back_goes_wave_by_wave_the_last_first(everywhere: Run) -> None:
    everywhere.wave_done(0).wave_done(1)
    everywhere.edge_moved("drain", 2, app_1="green", app_2="green")
    everywhere.happened("start", "app-3", **FAILED)
    assert everywhere.plan.undo_moves == [
        *(Move("retreat", "edge-1", 2), Move("undo", "app-3", 2)),
        *(Move("retreat", "edge-1", 1), Move("undo", "app-2", 1)),
        *(Move("retreat", "edge-1", 0), Move("undo", "app-1", 0)),
        Move("unshift", "edge-1", 0),
    ]
    assert everywhere.ready("retreat", 2) == ["app-1-green-1", "app-2-green-1"]
    everywhere.edge_moved("retreat", 2, app_1="green", app_2="green").happened("undo", "app-3")
    assert everywhere.ready("retreat", 1) == ["app-1-green-1", "app-3-blue-1"]
    everywhere.edge_moved("retreat", 1, app_1="green", app_3="blue").happened("undo", "app-2")
    assert everywhere.ready("retreat", 0) == ["app-2-blue-1", "app-3-blue-1"]


def test_hosts_that_started_beside_go_back_at_once(full: Run) -> None:
    full.happened("stage", "app-1", **STARTED).edge_moved(
        "shift", 0, app_1="green", app_2="blue", app_3="blue"
    )
    full.edge_moved("drain", 1, app_1="green", app_3="blue").happened("start", "app-2", **FAILED)
    assert full.ready("retreat", 1) == ["app-1-blue-1", "app-3-blue-1"]


BACK: list[Any] = [
    pytest.param({}, exits.FAILED, "bad", id="all came back"),
    pytest.param(FAILED, exits.NEEDS_PERSON, "broken", id="one does not come up"),
    pytest.param(LOST, exits.NEEDS_PERSON, "broken", id="one is lost"),
]


@pytest.mark.parametrize(("undone", "code", "name"), BACK)
def test_a_host_that_does_not_come_back_needs_a_person(
    everywhere: Run, undone: dict[str, Any], code: int, name: str
) -> None:
    everywhere.edge_moved("drain", 0).happened("start", "app-1", **FAILED)
    everywhere.edge_moved("retreat", 0).happened("undo", "app-1", **undone)
    everywhere.edge_moved("unshift")
    found = everywhere.outcome()
    assert (found.exit_code, found.name) == (code, name)
    assert ("app-1" in found.sentence) is (code == exits.NEEDS_PERSON)


BUDGET: list[Any] = [
    pytest.param(1, Decision.CONTINUE, id="one may serve alone"),
    pytest.param(2, Decision.ROLL_BACK, id="two have to serve"),
]


@pytest.mark.parametrize(("least", "expected"), BUDGET)
def test_a_lost_host_that_is_tolerated_still_counts_for_those_that_serve(
    tmp_path: Path, least: int, expected: Decision
) -> None:
    run = Run(tmp_path, order="stop-first", max_failures=1, min_serving=least)
    run.edge_moved("drain", 0).happened("start", "app-1", **LOST).edge_moved("shift", 0)
    assert run.decision() is expected
    if expected is Decision.ROLL_BACK:
        assert run.skips("drain", "edge-1", 1) == "the run goes no further"


def test_a_signal_leaves_it_out_of_rotation_and_says_so(everywhere: Run) -> None:
    everywhere.wave_done(0).edge_moved("drain", 1, app_1="green", app_3="blue")
    everywhere.happened("start", "app-2", **STARTED)
    Journal(everywhere.run_dir).append(interruption("SIGTERM"))
    assert everywhere.skips("unshift", "edge-1") == "there is nothing to undo"
    assert everywhere.calls("record", "app-2")[0].arguments["record"]["step"] == "start"
    assert everywhere.outcome().sentence == (
        "interrupted by SIGTERM; 2-b serves on app-1; 1-a serves on app-3; "
        "out of rotation: app-2; not recorded on app-1, app-2, app-3, edge-1"
    )


def test_a_restart_without_room_for_both_stops_first() -> None:
    acquired = steady_fleet()
    for name in ("app-1", "app-2", "app-3"):
        acquired[name].result["manifests"]["1-a"]["rollout"]["order"] = "stop-first"
    plan = decide(request("restart"), acquired)
    assert (plan.refusal, plan.waves) == (None, [["app-1"], ["app-2"], ["app-3"]])
    assert plan.first_moves[:2] == [Move("drain", "edge-1", 0), Move("start", "app-1", 0)]
    arguments = start_call(plan, plan.hosts["app-1"]).arguments
    assert (arguments["anew"], arguments["stops_first"]) == (True, True)


def test_a_held_run_lets_the_host_that_came_back_serve(tmp_path: Path) -> None:
    run = Run(tmp_path, order="stop-first", failure_action="pause")
    run.wave_done(0).edge_moved("drain", 1, app_1="green", app_3="blue")
    run.happened("start", "app-2", **FAILED)
    assert run.decision() is Decision.HOLD
    assert run.skips("undo", "app-1") == "it runs what it did"
    assert run.ready("unshift") == ["app-1-green-1", "app-2-blue-1", "app-3-blue-1"]


def test_a_held_host_whose_old_slot_stands_still_is_recorded_with_the_new_one(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path, order="stop-first", failure_action="pause", waves=[1, 2])
    run.wave_done(0).edge_moved("drain", 1, app_1="green")
    run.happened("start", "app-2", **STARTED).happened("start", "app-3", **FAILED)
    assert run.ready("unshift") == ["app-1-green-1", "app-3-blue-1"]
    run.edge_moved("unshift", app_1="green", app_3="blue")
    slots = [run.calls("conclude", f"app-{n}")[0].arguments["active_slot"] for n in (1, 2, 3)]
    assert slots == ["green", "green", "blue"]


def test_what_is_said_of_it(full: Run) -> None:
    plan = full.plan
    assert [
        say(Event("drain", "edge-1", wave=1), plan),
        say(Event("retreat", "edge-1", wave=1), plan),
        say(Event("undo", "app-2", result={"seconds": 1.5}), plan),
    ] == [
        "edge-1: sends nothing to app-2, which stops first",
        "edge-1: sends nothing to app-2, which goes back",
        "app-2: runs 1-a again, ready after 1.5 s",
    ]


def test_a_host_that_is_about_to_stop_gets_nothing_back_from_the_watch(tmp_path: Path) -> None:
    run = Run(tmp_path, "app-2").happened("stage", "app-1", **STARTED)
    run.edge_moved("shift", 0, app_1="green", app_2="blue", app_3="blue")
    back = run.calls("drain", "edge-1", 1)[0].arguments["back"]
    ready = [one["name"] for one in back if one["state"] == "ready"]
    assert ready == ["app-1-blue-1", "app-3-blue-1"]
