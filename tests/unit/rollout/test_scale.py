"""The verb `scale`: the release that serves, with another number of replicas of one service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollway import exits
from rollway.report.plan_table import plan_lines
from rollway.report.result import write_report
from rollway.rollout.calls import acquire_calls, conclude_call
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet
from tests.unit.rollout.run_folder import calls_of, outcome_of
from tests.unit.rollout.scale_fixtures import (
    AGAIN,
    HOSTS,
    WHICH,
    asked_scale,
    offer,
    plan_scale,
    two,
    web_service,
)

STARTED: dict[str, Any] = {"result": {"cut": {}}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "never ready"}}}


def test_every_host_is_asked_what_its_release_becomes() -> None:
    asked = {
        one: acquire_calls(asked_scale(), one, reads_only=False)[0] for one in ("app-1", "edge-1")
    }
    assert asked["app-1"].arguments["scale"] == {"service": "api", "replicas": 3}
    assert "scale" not in asked["edge-1"].arguments
    restart = acquire_calls(request("restart", service="mail"), "app-1", reads_only=False)
    assert "scale" not in restart[0].arguments


def test_it_is_another_release_that_starts_beside_the_one_that_serves(tmp_path: Path) -> None:
    plan = plan_scale(tmp_path, offer(steady_fleet()))
    host = plan.hosts["app-2"]
    assert (plan.refusal, plan.release_id, plan.previous["id"]) == (None, "2-a", "1-a")
    assert (host.action, host.new_slot, host.old_slot) == ("start", "green", "blue")
    assert host.replicas == {"green": 3, "blue": 1}
    assert plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    assert plan.scale == {"service": "api", "replicas": 3, "before": 1}
    assert (plan.service, plan.voids) == ("", [])


def test_hosts_make_it_of_what_they_serve(tmp_path: Path) -> None:
    plan_scale(tmp_path, offer(steady_fleet()))
    first, other = (calls_of(tmp_path, "stage", name)[0] for name in HOSTS[:2])
    asked = {"service": "api", "replicas": 3, "release": "1-a", "hash": "hash-of-a-3"}
    assert (first["step"], first["scale"], first["release_id"]) == ("stage", asked, "2-a")
    assert "manifest" not in first
    assert (first["then_start"], other["then_start"]) == (True, False)


def test_the_edge_knows_every_replica_before_traffic_moves(tmp_path: Path) -> None:
    plan_scale(tmp_path, offer(steady_fleet()))
    (loaded,) = calls_of(tmp_path, "stage", "edge-1")
    ready = [one["name"] for one in loaded["servers"] if one["state"] == "ready"]
    assert (loaded["step"], len(loaded["servers"])) == ("load", 18)
    assert ready == ["app-1-blue-1", "app-2-blue-1", "app-3-blue-1"]
    Journal(tmp_path).append(Event("stage", "app-1", **STARTED))
    (moved,) = calls_of(tmp_path, "shift", "edge-1", wave=0)
    assert moved["probe"] == [f"app-1-green-{number}" for number in (1, 2, 3)]


def test_what_served_before_stays_warm_for_a_rollback(tmp_path: Path) -> None:
    plan = plan_scale(tmp_path, offer(steady_fleet()))
    ledger = fold(plan, [])
    call = conclude_call(plan, ledger, "app-1", outcome="good", slot="green", record={})
    assert call.arguments["keep_warm_seconds"] == 300
    back = decide(request("rollback"), two())
    assert (back.refusal, back.release_id, back.hosts["app-1"].action) == (None, "1-a", "shift")


def test_a_host_without_room_for_more_stops_first(tmp_path: Path) -> None:
    acquired = offer(steady_fleet())
    acquired["app-2"].result["facts"] = {"memory_available_bytes": 2**30}
    for name in HOSTS:
        (service,) = acquired[name].result["scaled"]["1-a"]["release"]["services"]
        service["memory_bytes"] = 2**29
    assert plan_scale(tmp_path, acquired).hosts["app-2"].order == "stop-first"


def test_it_says_what_was_done_and_how_to_go_back(tmp_path: Path) -> None:
    plan = plan_scale(tmp_path, offer(steady_fleet()))
    started = [Event("stage", "app-1", **STARTED)]
    started += [Event("advance", name, **STARTED) for name in HOSTS[1:]]
    shifted = [Event("shift", "edge-1", wave=wave) for wave in range(3)]
    ended = outcome_of(tmp_path, plan, *started, *shifted)
    assert (ended.exit_code, ended.sentence, ended.next_command) == (
        exits.DONE,
        "api: 1 → 3 replicas; 2-a serves on 3 hosts",
        f"./invoke rollback {WHICH}",
    )


def test_one_that_fails_leaves_the_fleet_as_it_was(tmp_path: Path) -> None:
    plan = plan_scale(tmp_path, offer(steady_fleet()))
    ended = outcome_of(tmp_path, plan, Event("stage", "app-1", **FAILED))
    assert (ended.exit_code, ended.sentence) == (
        exits.FAILED,
        "2-a failed; the whole fleet serves 1-a",
    )


def test_the_number_that_serves_changes_nothing(tmp_path: Path) -> None:
    plan = plan_scale(tmp_path, offer(steady_fleet(), 1), replicas=1)
    ended = outcome_of(tmp_path, plan)
    assert (plan.release_id, plan.waves) == ("1-a", [])
    assert (ended.exit_code, ended.sentence, ended.next_command) == (
        exits.DONE,
        "api: 1 replica already; 1-a serves on 3 hosts",
        f"./invoke status {WHICH}",
    )


def test_the_number_of_a_release_that_is_kept_is_that_release() -> None:
    plan = decide(asked_scale(replicas=1), offer(two(), 1))
    assert (plan.release_id, plan.hosts["app-1"].action) == ("1-a", "shift")
    assert plan.scale["before"] == 3


def test_one_that_was_left_for_good_gets_another_number() -> None:
    acquired = two(active="blue", warm="")
    for name in HOSTS:
        acquired[name].result["state"]["releases"]["2-a"]["outcome"] = "voided"
    assert decide(asked_scale(), offer(acquired)).release_id == "3-a"


def test_check_says_the_number_and_the_command(tmp_path: Path) -> None:
    acquired = offer(steady_fleet())
    asked = asked_scale(reads_only=True)
    asked.save(tmp_path)
    plan = decide(asked, acquired)
    plan.save(tmp_path)
    for event in acquired.values():
        Journal(tmp_path).append(event)
    told = write_report(tmp_path)
    assert told["sentence"] == ("api: 1 → 3 replicas; 2-a would go to 3 hosts in 3 waves")
    assert told["next"] == AGAIN
    lines = plan_lines(preview(plan, asked, acquired), with_diff=False)
    assert lines.count("api: 1 → 3 replicas") == 1


def test_a_deploy_says_that_it_takes_the_number_of_the_file_again() -> None:
    asked, acquired = request(reads_only=True, version="a"), two()
    plan = decide(asked, acquired)
    found = preview(plan, asked, acquired)
    assert (plan.release_id, plan.previous["id"]) == ("1-a", "2-a")
    assert "api: 3 → 1 replica: scale had set 3, the Compose file has 1" in plan_lines(
        found, with_diff=False
    )


def test_a_deploy_of_another_file_says_its_number_alone() -> None:
    services = [web_service(2)]
    asked = request(reads_only=True, manifest=manifest("b", services=services))
    acquired = steady_fleet()
    lines = plan_lines(preview(decide(asked, acquired), asked, acquired), with_diff=False)
    assert "api: 1 → 2 replicas" in lines
