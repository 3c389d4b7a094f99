"""A host that does not answer is not counted as serving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.ending import end_lines
from rollway.report.result import write_report
from rollway.rollout.journal import Journal
from tests.unit.rollout.fleet_fixtures import request, steady_fleet
from tests.unit.rollout.run_folder import RunFolder

STARTED: dict[str, Any] = {"result": {"cut": {}}}
LOST: dict[str, Any] = {"ok": False, "unreachable": True, "result": {"msg": "no route"}}
NEXT = "./invoke status --env=local --app=iris shows whether app-2 is back; mend what is not"


def _servers(slot: str = "blue", **op_states: str) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{host}-{slot}-1",
            "host": host,
            "slot": slot,
            "admin_state": "ready",
            "op_state": op_states.get(host.replace("-", "_"), "up"),
        }
        for host in ("app-1", "app-2", "app-3")
    ]


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A deploy of 2-b; all serve 1-a. Its first wave has moved."""
    begun = RunFolder(tmp_path, request(), steady_fleet())
    for event in steady_fleet().values():
        Journal(tmp_path).append(event)
    return begun.happened("stage", "app-1", **STARTED).happened("shift", "edge-1", wave=0)


def _goes_back(run: RunFolder, **op_states: str) -> RunFolder:
    """It loses app-2, goes back, and every host has that on record."""
    run.happened("advance", "app-2", **LOST)
    run.happened("unshift", "edge-1", result={"servers": _servers(app_2="down")})
    for host in ("app-1", "app-2", "app-3"):
        run.happened("conclude", host)
    return run.happened("conclude", "edge-1", result={"edge": {"servers": _servers(**op_states)}})


def _all_move(run: RunFolder, **op_states: str) -> RunFolder:
    for host in ("app-2", "app-3"):
        run.happened("advance", host, **STARTED)
    servers = _servers("green", **op_states)
    run.happened("shift", "edge-1", wave=1)
    return run.happened("shift", "edge-1", wave=2, result={"servers": servers})


def test_a_host_that_reboots_while_the_run_goes_back(run: RunFolder) -> None:
    end = _goes_back(run, app_2="down").outcome()
    assert (end.name, end.exit_code, end.next_command) == ("bad", exits.NEEDS_PERSON, NEXT)
    assert end.sentence == (
        "2-b failed; as before, 1-a serves on app-1, app-3; app-2 does not answer"
    )


def test_one_that_is_back_by_then_serves(run: RunFolder) -> None:
    end = _goes_back(run).outcome()
    assert (end.exit_code, end.sentence) == (
        exits.FAILED,
        "2-b failed; the whole fleet serves 1-a",
    )


def test_one_that_went_down_after_its_traffic_had_moved(run: RunFolder) -> None:
    end = _all_move(run, app_2="down").outcome()
    assert (end.exit_code, end.next_command) == (exits.NEEDS_PERSON, NEXT)
    assert end.sentence == "2-b serves on 2 hosts; app-2 does not answer"


def test_after_a_signal_it_is_not_said_to_serve(run: RunFolder) -> None:
    _all_move(run).happened("interrupt", "localhost", result={"signal": "SIGTERM"})
    run.happened("record", "app-2", **LOST)
    said = run.outcome().sentence
    assert "2-b serves on app-1, app-3; app-2 does not answer" in said


def test_in_the_report_it_has_no_release(run: RunFolder) -> None:
    _all_move(run, app_2="down", app_3="down")
    result = write_report(run.run_dir)
    assert [one["answers"] for one in result["hosts"]] == [True, False, False]
    lines = end_lines(result, seconds=1.0)
    assert lines[1:3] == ["  app-1: 1-a → 2-b", "  app-2, app-3: no answer"]


DOUBTS = [
    pytest.param({}, False, id="all answer"),
    pytest.param({"app_2": "down"}, True, id="one is down"),
]


@pytest.mark.parametrize(("op_states", "asks"), DOUBTS)
def test_an_edge_is_asked_again_only_where_there_is_a_doubt(
    run: RunFolder, op_states: dict[str, str], asks: bool
) -> None:
    _all_move(run, **op_states)
    told = [call.arguments["step"] for call in run.calls("conclude", "edge-1")]
    assert told == ["conclude", *(["read"] if asks else [])]
    assert len(run.calls("conclude", "app-1")) == 1


def test_a_host_that_was_lost_on_the_way_is_a_doubt(run: RunFolder) -> None:
    run.happened("advance", "app-2", **LOST)
    assert run.calls("conclude", "edge-1")[-1].arguments["step"] == "read"


def test_one_replica_that_is_up_answers(run: RunFolder) -> None:
    servers = _servers("green", app_2="down")
    second = {**servers[1], "name": "app-2-green-2", "op_state": "up"}
    _all_move(run).happened("conclude", "edge-1", result={"edge": {"servers": [*servers, second]}})
    assert run.outcome().exit_code == exits.DONE
