"""The verb `restart`: the release that serves starts anew in the other slot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.rollout.calls import conclude_call
from rollway.rollout.interrupted import interruption
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.plan import Plan
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    release,
    request,
    steady_fleet,
)
from tests.unit.rollout.run_folder import RunFolder, calls_of, outcome_of

WHICH = "--env=local --app=iris"
HOSTS = ("app-1", "app-2", "app-3")
DEPLOY_RUN = "20260131T120000Z-deploy-1a2b3c"
RESTART_RUN = "20260131T120000Z-restart-1a2b3c"
BOTH = {"blue": "1-a", "green": "1-a", "releases": {"1-a": release("a")}}
WORKER = {"name": "mail", "class": "worker", "replicas": 1, "port": None}
STARTED: dict[str, Any] = {"result": {"cut": {}}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "never ready"}}}


def _with_worker() -> dict[str, Event]:
    acquired = steady_fleet()
    for name in HOSTS:
        for manifest in acquired[name].result["manifests"].values():
            manifest["services"] = [*manifest["services"], WORKER]
    return acquired


def _plan(run_dir: Path, acquired: dict[str, Event], **changes: Any) -> Plan:
    return RunFolder(run_dir, request("restart", **changes), acquired).plan


def test_the_release_that_serves_starts_beside_itself_wave_by_wave(tmp_path: Path) -> None:
    plan = _plan(tmp_path, steady_fleet())
    host = plan.hosts["app-1"]
    assert (plan.release_id, host.action, plan.voids) == ("1-a", "start", [])
    assert (host.old_slot, host.new_slot, host.serving) == ("blue", "green", "blue")
    assert plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    started = calls_of(tmp_path, "stage", "app-1")[0]
    assert (started["step"], started["slot"], started["anew"]) == ("start", "green", True)


def test_a_warm_slot_of_the_same_release_is_no_restart(tmp_path: Path) -> None:
    hosts = [acquired_host(name, active="green", warm="blue", **BOTH) for name in HOSTS]
    edge = acquired_edge(*[(name, "green") for name in HOSTS])
    plan = _plan(tmp_path, fleet(*hosts, edge))
    assert {(one.action, one.new_slot) for one in plan.hosts.values()} == {("start", "blue")}


def test_after_a_restart_a_deploy_of_the_same_version_leaves_all_as_it_is() -> None:
    hosts = [acquired_host(name, active="green", warm="blue", **BOTH) for name in HOSTS]
    edge = acquired_edge(*[(name, "green") for name in HOSTS])
    assert decide(request(version="a"), fleet(*hosts, edge)).waves == []


def test_the_slot_that_was_left_does_not_stay_warm(tmp_path: Path) -> None:
    plan = _plan(tmp_path, steady_fleet())
    call = conclude_call(plan, fold(plan, []), "app-1", outcome="good", slot="green", record={})
    assert call.arguments["keep_warm_seconds"] == 0


def test_it_stays_while_idle_clients_of_an_old_worker_may_still_come(tmp_path: Path) -> None:
    """Another application's reload, in the middle of this run, left one."""
    plan = _plan(tmp_path, steady_fleet())
    seen = [Event("shift", "edge-1", wave=0, result={"old_workers": 1})]
    call = conclude_call(plan, fold(plan, seen), "app-1", outcome="good", slot="green", record={})
    assert call.arguments["keep_warm_seconds"] == 15


def test_a_pause_after_failures_holds_no_restart() -> None:
    acquired = steady_fleet()
    for name in HOSTS:
        for manifest in acquired[name].result["manifests"].values():
            manifest["rollout"] = {**manifest["rollout"], "failure_action": "pause"}
    assert not decide(request("restart"), acquired).holds


def test_it_says_what_was_done(tmp_path: Path) -> None:
    plan = _plan(tmp_path, steady_fleet())
    started = [Event("stage", "app-1", **STARTED)]
    started += [Event("advance", name, **STARTED) for name in HOSTS[1:]]
    shifted = [Event("shift", "edge-1", wave=wave) for wave in range(3)]
    ended = outcome_of(tmp_path, plan, *started, *shifted)
    assert (ended.exit_code, ended.sentence) == (
        exits.DONE,
        "1-a was started anew on 3 hosts",
    )


def test_one_that_fails_leaves_the_fleet_as_it_was_and_marks_nothing(tmp_path: Path) -> None:
    plan = _plan(tmp_path, steady_fleet())
    ended = outcome_of(tmp_path, plan, Event("stage", "app-1", **FAILED))
    assert (ended.exit_code, ended.sentence) == (
        exits.FAILED,
        "restart of 1-a failed; the whole fleet serves 1-a",
    )
    concluded = calls_of(tmp_path, "conclude", "app-1")[0]
    assert (concluded["outcome"], concluded["active_slot"]) == ("bad", "blue")


def test_an_interrupted_one_is_done_again_or_aborted() -> None:
    hosts = [acquired_host(name, active="blue", **BOTH) for name in HOSTS]
    for event in hosts:
        event.result["state"]["phase"] = {"release": "1-a"}
    edge = acquired_edge(("app-1", "green"), ("app-2", "blue"), ("app-3", "blue"))
    acquired = fleet(*hosts, edge)
    again = decide(request("restart"), acquired)
    assert (again.refusal, again.restore, len(again.waves)) == (None, True, 3)
    back = decide(request("abort"), acquired)
    assert (back.refusal, back.release_id, back.voids) == (None, "1-a", [])
    assert {one.new_slot for one in back.hosts.values()} == {"blue"}


def test_one_that_a_signal_ends_says_what_goes_on_and_what_back(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _with_worker(), service="mail")
    ended = outcome_of(tmp_path, plan, interruption("SIGTERM"))
    assert ended.next_command == (
        f"./invoke restart {WHICH} --service=mail continues, ./invoke abort {WHICH} goes back"
    )
    (told,) = calls_of(tmp_path, "record", "app-1")
    assert told["outcome"] == "aborted"
    assert "step" not in told["record"]  # the phase that it has entered names the release


def test_abort_leaves_a_restart_whatever_was_thought_of_the_release() -> None:
    spoiled = {"1-a": release("a", outcome="bad")}
    hosts = [acquired_host(name, active="blue", blue="1-a", releases=spoiled) for name in HOSTS]
    for event in hosts:
        event.result["state"]["phase"] = {"run": RESTART_RUN, "release": "1-a"}
    back = decide(
        request("abort"), fleet(*hosts, acquired_edge(*[(name, "blue") for name in HOSTS]))
    )
    assert (back.refusal, back.release_id) == (None, "1-a")


def test_workers_alone_move_no_traffic(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _with_worker(), service="mail")
    assert (plan.refusal, plan.waves, plan.service) == (None, [], "mail")
    told = calls_of(tmp_path, "switch", "app-2")[0]
    assert (told["service"], told["slot"], told["release_id"]) == ("mail", "blue", "1-a")
    ended = outcome_of(tmp_path, plan, *[Event("switch", name) for name in HOSTS])
    assert ended.sentence == "mail of 1-a was started anew on 3 hosts"


def test_all_workers_change_with_their_slot(tmp_path: Path) -> None:
    _plan(tmp_path, _with_worker())
    started = [Event("stage", "app-1", **STARTED)]
    for event in [*started, Event("shift", "edge-1", wave=0)]:
        Journal(tmp_path).append(event)
    told = calls_of(tmp_path, "advance", "app-1")[0]
    assert (told["step"], told["slot"], told["old_slot"]) == ("switch", "green", "blue")
    assert "service" not in told


def _mixed() -> dict[str, Event]:
    other = acquired_host("app-3", active="blue", blue="2-b", releases={"2-b": release("b")})
    return {**steady_fleet(), "app-3": other}


def _interrupted() -> dict[str, Event]:
    acquired = steady_fleet()
    acquired["app-2"].result["state"]["phase"] = {"release": "2-b"}
    return acquired


def _moved_back(run: str) -> dict[str, Event]:
    """A run that entered no step: it had its lock, and may have moved traffic."""
    acquired = steady_fleet()
    acquired["app-2"].result["state"]["phase"] = {"run": run, "step": "acquire", "release": None}
    return acquired


def test_one_that_had_only_its_lock_is_done_again() -> None:
    assert decide(request("restart"), _moved_back(RESTART_RUN)).refusal is None


REFUSED: list[Any] = [
    pytest.param(
        _mixed(), "", "the hosts serve 1-a, 2-b", f"./invoke status {WHICH}", id="a mixed fleet"
    ),
    pytest.param(
        fleet(*[acquired_host(name) for name in HOSTS], acquired_edge()), "",
        "the hosts serve nothing", f"./invoke status {WHICH}", id="nothing serves",
    ),
    pytest.param(
        _interrupted(), "", "2-b was interrupted",
        f"./invoke deploy {WHICH} again, or ./invoke abort {WHICH}", id="an interrupted deploy",
    ),
    pytest.param(
        _moved_back(DEPLOY_RUN), "", f"{DEPLOY_RUN} was interrupted",
        f"./invoke deploy {WHICH} again, or ./invoke abort {WHICH}",
        id="a deploy that only moved traffic",
    ),
    pytest.param(
        _with_worker(), "api",
        "api is web: it starts anew with its slot, which loses no request",
        f"./invoke restart {WHICH}", id="a web service alone",
    ),
    pytest.param(
        _with_worker(), "db", "db is no service of a slot", f"./invoke restart {WHICH}",
        id="an accessory, or no service at all",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("acquired", "service", "found", "following"), REFUSED)
def test_refuses(acquired: dict[str, Event], service: str, found: str, following: str) -> None:
    plan = decide(request("restart", service=service), acquired)
    assert plan.refusal is not None
    problem = plan.refusal.problems[0]
    assert (plan.refusal.exit_code, problem["found"]) == (exits.REFUSED, found)
    assert problem["next"] == following
