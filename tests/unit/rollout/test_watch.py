"""What has moved is watched while a run has work left, and looked at once more at its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollway import exits
from rollway.rollout.plan import Move
from rollway.rollout.preview import watch_notes
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    request,
    steady_fleet,
)
from tests.unit.rollout.jobs_fixtures import job
from tests.unit.rollout.run_folder import RunFolder

STARTED: dict[str, Any] = {"result": {"cut": {}}}
FAILS: dict[str, Any] = {"ok": False, "result": {"problem": {"where": "the watch", "found": "x"}}}
WORKER = {"name": "mail", "class": "worker", "replicas": 1, "port": None}
NEW = [f"app-{number}-green-1" for number in (1, 2, 3)]


def _run(run_dir: Path, *more: dict[str, Any], **rollout: Any) -> RunFolder:
    run_dir.mkdir(exist_ok=True)
    base = manifest("b")
    services = [*base["services"], *more]
    wanted = {**base, "services": services, "rollout": {**base["rollout"], **rollout}}
    return RunFolder(run_dir, request(manifest=wanted), steady_fleet())


def _moved(run: RunFolder, waves: int) -> RunFolder:
    run.happened("stage", "app-1", **STARTED)
    for wave in range(waves):
        run.happened("shift", "edge-1", wave=wave)
    return run


def _ready(servers: list[dict[str, Any]]) -> list[str]:
    return [one["name"] for one in servers if one["state"] == "ready"]


def test_an_edge_knows_the_release_s_servers_and_what_to_go_back_to(tmp_path: Path) -> None:
    run = _run(tmp_path)
    assert run.arguments("stage", "edge-1")["release_servers"] == NEW
    shift = _moved(run, 1).arguments("shift", "edge-1", wave=1)
    assert shift["release_servers"] == NEW
    assert _ready(shift["back"]) == ["app-1-blue-1", "app-2-blue-1", "app-3-blue-1"]


def test_after_the_last_wave_an_edge_only_moves_back_while_there_is_work(tmp_path: Path) -> None:
    shift = _moved(_run(tmp_path / "a"), 2).arguments("shift", "edge-1", wave=2)
    assert "back" not in shift
    shift = _moved(_run(tmp_path / "b", WORKER), 2).arguments("shift", "edge-1", wave=2)
    assert _ready(shift["back"]) == ["app-1-blue-1", "app-2-blue-1", "app-3-blue-1"]


def test_what_a_person_decides_about_stays_where_it_is(tmp_path: Path) -> None:
    shift = _moved(_run(tmp_path, failure_action="pause"), 1).arguments("shift", "edge-1", wave=1)
    assert shift["back"] == []


def test_a_job_after_the_traffic_ends_the_watch_before_it(tmp_path: Path) -> None:
    wanted = manifest("b", jobs=[job("contract", when="after_traffic")])
    wanted["services"].append(WORKER)
    run = _moved(RunFolder(tmp_path, request(manifest=wanted), steady_fleet()), 2)
    assert run.plan.job_hosts("after_traffic")
    assert run.plan.undo_moves == [Move("unshift", "edge-1", 0)]
    assert "back" not in run.arguments("shift", "edge-1", wave=2)


def test_before_the_first_wave_only_what_the_old_servers_do_is_noted(tmp_path: Path) -> None:
    run = _run(tmp_path, order="stop-first")
    drained = run.happened("stage", "app-1").calls("drain", "edge-1", wave=0)[0].arguments
    assert drained["release_servers"] == NEW
    assert "back" not in drained


def test_every_look_of_a_run_has_its_part_of_the_level(tmp_path: Path) -> None:
    assert _run(tmp_path).arguments("stage", "edge-1")["looks"] == 6


def test_a_first_release_has_nothing_to_go_back_to(tmp_path: Path) -> None:
    hosts = [acquired_host(f"app-{number}") for number in (1, 2, 3)]
    asked = request(manifest=manifest("b"))
    run = _moved(RunFolder(tmp_path, asked, fleet(*hosts, acquired_edge())), 1)
    assert run.arguments("shift", "edge-1", wave=1)["back"] == []


def test_the_last_look_comes_where_work_came_after_the_traffic(tmp_path: Path) -> None:
    plain, works = _run(tmp_path / "a").plan, _run(tmp_path / "b", WORKER).plan
    assert plain.undo_moves == [Move("unshift", "edge-1", 0)]
    assert works.undo_moves == [Move("watch", "edge-1", 0), Move("unshift", "edge-1", 0)]
    run = _moved(_run(tmp_path / "c", WORKER), 2)
    assert run.skips("watch", "edge-1") == "none moved"
    run.happened("advance", "app-2", **STARTED).happened("advance", "app-3", **STARTED)
    call = run.happened("shift", "edge-1", wave=2).arguments("watch", "edge-1")
    assert (call["step"], call["release_servers"]) == ("watch", NEW)


def test_a_release_that_fails_at_the_last_look_goes_back(tmp_path: Path) -> None:
    run = _moved(_run(tmp_path, WORKER), 3)
    run.happened("advance", "app-2", **STARTED).happened("advance", "app-3", **STARTED)
    run.happened("watch", "edge-1", **FAILS)
    assert _ready(run.arguments("unshift", "edge-1")["servers"]) == [
        "app-1-blue-1",
        "app-2-blue-1",
        "app-3-blue-1",
    ]
    run.happened("unshift", "edge-1")
    assert run.outcome().exit_code == exits.FAILED


def test_an_edge_that_is_lost_at_the_last_look_takes_nothing_back(tmp_path: Path) -> None:
    run = _moved(_run(tmp_path, WORKER), 3)
    run.happened("advance", "app-2", **STARTED).happened("advance", "app-3", **STARTED)
    run.happened("watch", "edge-1", ok=False, unreachable=True)
    assert run.skips("unshift", "edge-1") == "there is nothing to undo"


def test_a_watch_that_found_something_ends_the_run_before_the_next_wave(tmp_path: Path) -> None:
    run = _moved(_run(tmp_path), 1).happened("shift", "edge-1", wave=1, **FAILS)
    assert run.skips("shift", "edge-1", wave=2) == "no traffic moves"
    assert _ready(run.arguments("unshift", "edge-1")["servers"])[0] == "app-1-blue-1"


def test_one_wave_without_a_bake_says_that_nobody_looks(tmp_path: Path) -> None:
    assert watch_notes(_run(tmp_path / "a").plan) == []
    assert watch_notes(_run(tmp_path / "b", waves=["100%"], bake_seconds=5).plan) == []
    assert watch_notes(_run(tmp_path / "c", WORKER, waves=["100%"]).plan) == []
    assert "bake_seconds" in watch_notes(_run(tmp_path / "d", waves=["100%"]).plan)[0]
