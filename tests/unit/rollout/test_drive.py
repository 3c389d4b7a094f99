from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.planning import decide
from rollway.rollout.verdict import Decision, judge
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    fleet,
    manifest,
    request,
    steady_fleet,
)
from tests.unit.rollout.run_folder import RunFolder


class Run(RunFolder):
    """A deploy of b over three hosts that serve a."""

    def __init__(
        self, run_dir: Path, *, limit: Mapping[str, Any] | None = None, **rollout: Any
    ) -> None:
        base = manifest("b")
        wanted = {**base, "rollout": {**base["rollout"], **rollout}}
        super().__init__(run_dir, request(manifest=wanted, **(limit or {})), steady_fleet())

    def is_done(self) -> None:
        self.happened("stage", "app-1", **STARTED)
        self.happened("advance", "app-2", **STARTED).happened("advance", "app-3", **STARTED)
        for wave in range(3):
            self.happened("shift", "edge-1", wave=wave)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


STARTED: dict[str, Any] = {"result": {"cut": {}}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "never ready"}}}


def _ready(arguments: dict[str, Any]) -> list[str]:
    return [server["name"] for server in arguments["servers"] if server["state"] == "ready"]


def test_only_the_first_wave_starts_while_it_is_staged(run: Run) -> None:
    assert run.arguments("stage", "app-1")["then_start"] is True
    assert run.arguments("stage", "app-2")["then_start"] is False
    assert run.arguments("stage", "app-2")["manifest"]["id"] == "2-b"


def test_a_wave_moves_its_own_hosts_only(run: Run) -> None:
    run.happened("stage", "app-1", **STARTED)
    arguments = run.arguments("shift", "edge-1", wave=0)
    assert _ready(arguments) == ["app-1-green-1", "app-2-blue-1", "app-3-blue-1"]
    assert arguments["probe"] == ["app-1-green-1"]


def test_no_wave_overtakes_another(run: Run) -> None:
    assert run.skips("shift", "edge-1", wave=1) == "an earlier wave is not confirmed"


def test_everything_else_starts_once_the_first_wave_is_accepted(run: Run) -> None:
    run.happened("stage", "app-1", **STARTED).happened("shift", "edge-1", wave=0)
    assert run.arguments("advance", "app-3")["step"] == "start"
    assert run.skips("advance", "app-1") == "it has no workers to change"


def test_nothing_else_starts_when_the_first_wave_fails(run: Run) -> None:
    run.happened("stage", "app-1", **FAILED)
    assert run.skips("shift", "edge-1", wave=0) == "no traffic moves"
    assert run.skips("advance", "app-2") == "the run goes no further"
    assert run.skips("unshift", "edge-1") == "there is nothing to undo"
    assert run.arguments("conclude", "app-1")["outcome"] == "bad"
    assert run.outcome().exit_code == exits.FAILED


def test_a_later_failure_puts_every_host_back(run: Run) -> None:
    run.happened("stage", "app-1", **STARTED).happened("shift", "edge-1", wave=0)
    run.happened("advance", "app-2", **FAILED)
    assert _ready(run.arguments("unshift", "edge-1")) == [
        "app-1-blue-1",
        "app-2-blue-1",
        "app-3-blue-1",
    ]
    assert run.arguments("conclude", "app-1")["active_slot"] == "blue"


def test_a_host_that_vanishes_counts_as_failed(run: Run) -> None:
    run.happened("stage", "app-1", ok=False, unreachable=True, result={"msg": "gone"})
    assert run.skips("advance", "app-2") == "the run goes no further"


def test_an_edge_that_fails_stops_the_roll_out_whatever_the_budget(tmp_path: Path) -> None:
    run = Run(tmp_path, max_failures=2)
    run.happened("stage", "app-1", **STARTED).happened("shift", "edge-1", wave=0, **FAILED)
    assert run.skips("shift", "edge-1", wave=1) == "no traffic moves"
    assert _ready(run.arguments("unshift", "edge-1"))[0] == "app-1-blue-1"


def test_one_budget_counts_over_the_whole_run(tmp_path: Path) -> None:
    run = Run(tmp_path, max_failures=1)
    run.happened("stage", "app-1", **FAILED).happened("shift", "edge-1", wave=0)
    assert run.arguments("advance", "app-2")["step"] == "start"
    run.happened("advance", "app-2", **FAILED)
    assert run.skips("shift", "edge-1", wave=1) == "no traffic moves"


def test_a_tolerated_host_leaves_rotation_with_the_last_wave(tmp_path: Path) -> None:
    run = Run(tmp_path, max_failures=1)
    run.happened("stage", "app-1", **FAILED).happened("shift", "edge-1", wave=0)
    run.happened("advance", "app-2", **STARTED).happened("advance", "app-3", **STARTED)
    assert "app-1-blue-1" in _ready(run.arguments("shift", "edge-1", wave=1))
    run.happened("shift", "edge-1", wave=1)
    assert _ready(run.arguments("shift", "edge-1", wave=2)) == ["app-2-green-1", "app-3-green-1"]
    run.happened("shift", "edge-1", wave=2)
    assert run.outcome().exit_code == exits.NEEDS_PERSON


def test_the_end_of_a_good_run(run: Run) -> None:
    run.is_done()
    arguments = run.arguments("conclude", "app-2")
    assert (arguments["outcome"], arguments["active_slot"]) == ("good", "green")
    assert run.arguments("conclude", "edge-1")["kind"] == "edge"
    end = run.outcome()
    assert (end.exit_code, end.sentence) == (exits.DONE, "2-b serves on 3 hosts")
    assert end.next_command == "./invoke rollback --env=local --app=iris"


def test_a_run_that_stops_midway_is_never_called_good(run: Run) -> None:
    run.happened("stage", "app-1", **STARTED).happened("shift", "edge-1", wave=0)
    assert _ready(run.arguments("unshift", "edge-1"))[0] == "app-1-blue-1"
    assert run.arguments("conclude", "app-1")["outcome"] == "bad"
    assert run.outcome().reasons == (
        "2 of 3 waves never moved",
        "app-2: it never started",
        "app-3: it never started",
    )


def test_a_host_that_did_not_record_the_end_needs_a_person(run: Run) -> None:
    run.is_done()
    run.happened("conclude", "app-3", ok=False, unreachable=True)
    end = run.outcome()
    assert end.exit_code == exits.NEEDS_PERSON
    assert end.sentence == "2-b serves on 2 hosts, but not in order: app-3"


def test_an_edge_that_does_not_come_back_needs_a_person(run: Run) -> None:
    run.happened("stage", "app-1", **STARTED).happened("shift", "edge-1", wave=0, **FAILED)
    run.happened("unshift", "edge-1", ok=False, unreachable=True)
    assert run.outcome().exit_code == exits.NEEDS_PERSON


def test_what_is_to_be_mended_is_deployed_to_the_same_hosts(tmp_path: Path) -> None:
    run = Run(tmp_path, limit={"app_hosts": ["app-1"], "outside": ["app-2", "app-3"]})
    run.happened("stage", "app-1", **STARTED).happened("shift", "edge-1", wave=0, **FAILED)
    run.happened("unshift", "edge-1", ok=False, unreachable=True)
    assert run.outcome().next_command == (
        "./invoke deploy --env=local --app=iris --version=a --limit=app-1"
    )


def test_check_mode_only_reads(tmp_path: Path) -> None:
    asked = request(reads_only=True)
    asked.save(tmp_path)
    decide(asked, steady_fleet()).save(tmp_path)
    acquire = work_for(tmp_path, step="acquire", host="app-1")
    assert not isinstance(acquire, Skip)
    assert acquire[0].arguments["mode"] == "read"
    assert isinstance(work_for(tmp_path, step="stage", host="app-1"), Skip)
    assert isinstance(work_for(tmp_path, step="conclude", host="app-1"), Skip)


def test_a_verdict_names_its_reasons(run: Run) -> None:
    run.happened("stage", "app-1", **FAILED)
    ledger = fold(run.plan, Journal(run.run_dir).events())
    verdict = judge(run.plan, ledger)
    assert (verdict.decision, verdict.reasons) == (Decision.ROLL_BACK, ("app-1: never ready",))


FRAGMENT = "/etc/haproxy/rollway.d/iris.cfg"
READ_ONLY = {"problem": {"where": FRAGMENT, "found": "Read-only file system"}}


def test_a_reason_names_the_file_of_an_edge(run: Run) -> None:
    run.happened("stage", "app-1", **STARTED)
    run.happened("shift", "edge-1", wave=0, ok=False, result=READ_ONLY)
    reasons = run.outcome().reasons
    assert reasons[0] == f"edge-1: {FRAGMENT}: Read-only file system"


def test_an_edge_loads_the_servers_while_hosts_stage(run: Run) -> None:
    arguments = run.arguments("stage", "edge-1")
    assert arguments["step"] == "load"
    assert _ready(arguments) == ["app-1-blue-1", "app-2-blue-1", "app-3-blue-1"]


def test_an_edge_that_refuses_the_servers_ends_the_run_before_traffic_moves(run: Run) -> None:
    run.happened("stage", "app-1", **STARTED).happened("stage", "edge-1", **FAILED)
    assert run.skips("shift", "edge-1", wave=0) == "no traffic moves"
    assert run.skips("unshift", "edge-1") == "there is nothing to undo"
    assert run.outcome().exit_code == exits.FAILED


def test_an_edge_that_reloaded_is_put_back_when_another_refuses(run: Run) -> None:
    run.happened("stage", "edge-1", result={"reloaded": True}).happened("stage", "app-1", **FAILED)
    assert _ready(run.arguments("unshift", "edge-1")) == [
        "app-1-blue-1",
        "app-2-blue-1",
        "app-3-blue-1",
    ]


def test_the_pause_between_waves_is_watched_too(tmp_path: Path) -> None:
    run = Run(tmp_path, bake_seconds=2, pause_seconds=5)
    run.happened("stage", "app-1", **STARTED)
    watched = [
        run.happened("shift", "edge-1", wave=wave - 1).arguments("shift", "edge-1", wave=wave)
        if wave
        else run.arguments("shift", "edge-1", wave=wave)
        for wave in range(3)
    ]
    assert [one["observe_seconds"] for one in watched] == [7, 7, 2]


def test_a_deploy_that_starts_nothing_still_tells_edges_which_hosts_there_are(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path)
    asked = request(manifest=manifest("a"))
    asked.save(tmp_path)
    decide(asked, steady_fleet()).save(tmp_path)
    assert run.arguments("stage", "edge-1")["step"] == "load"


KEPT = [
    ("edge-1", ["app-1-blue-1", "app-3-green-1"]),
    ("edge-2", ["app-1-green-1", "app-3-green-1"]),
    ("edge-3", ["app-1-blue-1", "app-3-green-1"]),
]


@pytest.mark.parametrize(("edge", "kept"), KEPT, ids=["one", "another", "one that knows neither"])
def test_hosts_outside_the_run_stay_at_each_edge_as_they_are_there(
    tmp_path: Path, edge: str, kept: list[str]
) -> None:
    edges = [
        acquired_edge(("app-1", "blue"), ("app-2", "blue"), ("app-3", "green"), name="edge-1"),
        acquired_edge(("app-1", "green"), ("app-2", "blue"), ("app-3", "green"), name="edge-2"),
        acquired_edge(("app-2", "blue"), name="edge-3"),
    ]
    names = [one.host for one in edges]
    asked = request(app_hosts=["app-2"], outside=["app-1", "app-3"], edges=names)
    asked.save(tmp_path)
    decide(asked, {**steady_fleet(), **fleet(*edges)}).save(tmp_path)
    Journal(tmp_path).append(Event("stage", "app-2", **STARTED))
    loads = work_for(tmp_path, step="stage", host=edge)
    shifts = work_for(tmp_path, step="shift", host=edge, wave=0)
    for work in (loads, shifts):
        assert not isinstance(work, Skip), work.reason
        servers = work[-1].arguments["servers"]
        assert [one["name"] for one in servers if one["host"] != "app-2"] == kept
