"""Runs that never came to their end: which release the next one goes to, and what it marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.rollout.calls import Call
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.edge_calls import load_call
from rollway.rollout.interrupted import RECORD, interruption
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.outcome import conclude
from rollway.rollout.plan import Plan, load_plan
from rollway.rollout.planning import decide
from rollway.rollout.verdict import judge_end
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    release,
    request,
    steady_fleet,
)

HOSTS = ("app-1", "app-2", "app-3")
DEPLOY_RUN = "20260131T120000Z-deploy-1a2b3c"
ON_TRIAL = {"0-z": release("z"), "1-a": release("a"), "2-b": release("b", outcome="candidate")}
GOOD = {"0-z": release("z"), "1-a": release("a"), "2-b": release("b")}
LEFT = {**GOOD, "2-b": release("b", outcome="voided")}


def _host(name: str, active: str, phase: str | None, **state: Any) -> Event:
    event = acquired_host(name, active=active, blue="1-a", green="2-b", **state)
    event.result["state"]["phase"] = {"run": "dead", "step": "x", "release": phase}
    return event


def _deploy_killed() -> dict[str, Event]:
    """The first host serves the release on trial; the records name the one before."""
    hosts = [_host(name, "blue", "2-b", releases=ON_TRIAL) for name in HOSTS]
    return fleet(*hosts, acquired_edge(("app-1", "green"), ("app-2", "blue"), ("app-3", "blue")))


def _rollback_killed(phase: str | None) -> dict[str, Event]:
    """All traffic has gone back to the release before; no host has it on record yet."""
    hosts = [_host(name, "green", phase, releases=GOOD) for name in HOSTS]
    return fleet(*hosts, acquired_edge(*[(name, "blue") for name in HOSTS]))


def _warm_deploy_killed(*, recorded: int = 0) -> dict[str, Event]:
    """A deploy of a release that was good and warm: the first host serves it, or has it on record.

    The others have the run on record, whose shifts are no step of a host.
    """
    hosts = [_host(name, "blue", None, releases=GOOD) for name in HOSTS]
    for event in hosts[recorded:]:
        event.result["state"]["phase"]["run"] = DEPLOY_RUN
    for event in hosts[:recorded]:
        event.result["state"] |= {"phase": None, "active": "green"}
    return fleet(*hosts, acquired_edge(("app-1", "green"), ("app-2", "blue"), ("app-3", "blue")))


def _rollback_half_recorded() -> dict[str, Event]:
    """The same, and the first host has it on record, and the other release as left for good."""
    first = acquired_host("app-1", active="blue", blue="1-a", green="2-b", releases=LEFT)
    return {**_rollback_killed(None), "app-1": first}


ALL = list(HOSTS)
CASES = [
    pytest.param("abort", _deploy_killed, "1-a", ["2-b"], ["app-1"], id="abort a deploy"),
    pytest.param("rollback", _deploy_killed, "1-a", ["2-b"], ["app-1"], id="roll a deploy back"),
    pytest.param(
        "rollback", lambda: _rollback_killed(None), "1-a", ["2-b"], ALL, id="continue a rollback"
    ),
    pytest.param(
        "rollback", lambda: _rollback_killed("1-a"), "1-a", ["2-b"], ALL, id="one that was recorded"
    ),
    pytest.param("abort", _warm_deploy_killed, "1-a", [], ["app-1"], id="abort a warm deploy"),
    pytest.param("rollback", _warm_deploy_killed, "1-a", [], ["app-1"], id="roll one back"),
    pytest.param(
        "abort",
        lambda: _warm_deploy_killed(recorded=1),
        "1-a",
        ["2-b"],
        ["app-1"],
        id="abort one that some hosts have on record",
    ),
    pytest.param("abort", lambda: _rollback_killed(None), "2-b", [], ALL, id="abort a rollback"),
    pytest.param(
        "abort", lambda: _rollback_killed("1-a"), "2-b", [], ALL, id="abort one that was recorded"
    ),
    pytest.param(
        "rollback",
        _rollback_half_recorded,
        "1-a",
        ["2-b"],
        ["app-2", "app-3"],
        id="continue one that some hosts have on record",
    ),
    pytest.param(
        "abort",
        _rollback_half_recorded,
        "1-a",
        ["2-b"],
        ["app-2", "app-3"],
        id="nothing goes back to what was left for good",
    ),
]


@pytest.mark.parametrize(("verb", "acquired", "goal", "voids", "moving"), CASES)
def test_the_next_run_goes_on_or_back(
    verb: str,
    acquired: Callable[[], dict[str, Event]],
    goal: str,
    voids: list[str],
    moving: list[str],
) -> None:
    plan: Plan = decide(request(verb), acquired())
    assert plan.refusal is None
    assert (plan.release_id, plan.voids, plan.waves) == (goal, voids, [moving])


def _stopped_first() -> dict[str, Event]:
    """Every host had stopped the release before, and started the one on trial."""
    hosts = [_host(name, "green", "2-b", releases=ON_TRIAL) for name in HOSTS]
    for event in hosts:
        event.result["state"]["slots"]["blue"]["state"] = "stopped"
        event.result["state"]["phase"]["run"] = DEPLOY_RUN
    return fleet(*hosts, acquired_edge(*[(name, "green") for name in HOSTS]))


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_what_was_stopped_first_is_what_served_before(verb: str) -> None:
    plan = decide(request(verb), _stopped_first())
    assert (plan.refusal, plan.release_id, plan.voids) == (None, "1-a", ["2-b"])
    assert {(one.action, one.new_slot) for one in plan.hosts.values()} == {("start", "blue")}


@pytest.mark.parametrize(("verb", "action"), [("deploy", "shift"), ("abort", "start")])
def test_a_host_that_was_left_out_of_rotation_stays_so_until_its_wave(
    verb: str, action: str
) -> None:
    edge = acquired_edge(("app-1", "green"), ("app-3", "green"))
    plan = decide(request(verb), {**_stopped_first(), "edge-1": edge})
    assert {name: one.serving for name, one in plan.hosts.items()} == {
        "app-1": "green",
        "app-2": None,
        "app-3": "green",
    }
    assert (plan.hosts["app-2"].action, plan.restore) == (action, False)
    servers = load_call(plan, edge="edge-1").arguments["servers"]
    assert {one["host"] for one in servers if one["state"] == "ready"} == {"app-1", "app-3"}


def test_a_restart_does_not_take_up_a_release_on_trial() -> None:
    refusal = decide(request("restart"), _stopped_first()).refusal
    assert refusal is not None
    assert refusal.problems[0]["found"] == "2-b was interrupted"


def test_a_rollback_by_name_goes_there_whatever_was_interrupted() -> None:
    assert decide(request("rollback", to="0-z"), _deploy_killed()).release_id == "0-z"


def test_a_fleet_of_two_good_releases_has_no_rollback_to_go_on_with() -> None:
    """A limited deploy: the rollback goes to what served before on the hosts that have it."""
    other = acquired_host("app-3", active="green", green="2-b", blue="0-z", releases=GOOD)
    plan = decide(request("rollback"), {**steady_fleet(releases=GOOD), "app-3": other})
    assert plan.release_id == "0-z"


SIGNAL = interruption("SIGTERM")
STARTED = Event("stage", "app-1", result={"cut": {}})


def _begun(run_dir: Path, *events: Event, verb: str = "deploy") -> None:
    asked = request(verb)
    asked.save(run_dir)
    acquired = steady_fleet() if verb == "deploy" else _rollback_killed(None)
    decide(asked, acquired).save(run_dir)
    for event in events:
        Journal(run_dir).append(event)


def _calls(run_dir: Path, host: str) -> list[Call]:
    work = work_for(run_dir, step=RECORD, host=host)
    assert not isinstance(work, Skip), work.reason
    return work


def test_every_host_records_how_far_it_came_and_moves_nothing(tmp_path: Path) -> None:
    _begun(tmp_path, STARTED, Event("stage", "app-2", result={"pulled": []}), SIGNAL)
    steps = {}
    for name in HOSTS:
        (call,) = _calls(tmp_path, name)
        assert (call.arguments["step"], call.arguments["outcome"]) == ("conclude", "aborted")
        record = call.arguments["record"]
        assert (record["result"], record["release"]) == ("aborted", "2-b")
        assert record["reasons"] == ["interrupted by SIGTERM"]
        steps[name] = record["step"]
    assert steps == {"app-1": "start", "app-2": "stage", "app-3": "acquire"}
    assert work_for(tmp_path, step="unshift", host="edge-1") == Skip("there is nothing to undo")


def test_an_edge_also_says_where_its_traffic_goes(tmp_path: Path) -> None:
    _begun(tmp_path, STARTED, SIGNAL)
    conclude, look = _calls(tmp_path, "edge-1")
    assert (conclude.arguments["kind"], conclude.arguments["outcome"]) == ("edge", "aborted")
    assert look == Call("haproxy_backend", {"app": "iris", "step": "read"})


def test_a_host_that_has_its_record_is_left_alone(tmp_path: Path) -> None:
    _begun(tmp_path, Event("conclude", "app-1"), SIGNAL)
    skipped = work_for(tmp_path, step=RECORD, host="app-1")
    assert skipped == Skip("the run has come to its end there")
    assert _calls(tmp_path, "app-2")


def test_before_the_plan_whoever_gave_a_lock_takes_it_back(tmp_path: Path) -> None:
    request().save(tmp_path)
    Journal(tmp_path).append(SIGNAL)
    (call,) = _calls(tmp_path, "edge-1")
    told = {name: call.arguments[name] for name in ("step", "outcome", "kind", "root")}
    assert told == {
        "step": "conclude",
        "outcome": "aborted",
        "kind": "edge",
        "root": "/var/lib/rollway-edge",
    }
    assert "generation" not in call.arguments
    assert call.arguments["record"]["result"] == "aborted"


def test_a_run_that_goes_back_leaves_the_phase_it_goes_back_from(tmp_path: Path) -> None:
    """Its own would name the release that is to stay: the next abort would leave that."""
    asked = request("abort")
    asked.save(tmp_path)
    decide(asked, _deploy_killed()).save(tmp_path)
    Journal(tmp_path).append(SIGNAL)
    (call,) = _calls(tmp_path, "app-1")
    assert "step" not in call.arguments["record"]


def test_a_rollback_is_continued_to_the_same_release(tmp_path: Path) -> None:
    _begun(tmp_path, SIGNAL, verb="rollback")
    plan, events = load_plan(tmp_path), Journal(tmp_path).events()
    assert plan is not None
    ledger = fold(plan, events)
    ended = conclude(plan, ledger, judge_end(plan, ledger), events)
    assert (ended.name, ended.exit_code) == ("aborted", exits.TERMINATED)
    which = "--env=local --app=iris"
    assert ended.next_command == (
        f"./invoke rollback {which} --to=1-a continues, ./invoke abort {which} goes back"
    )
