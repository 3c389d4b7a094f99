"""Runs that never came to their end: which release the next one goes to, and what it marks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rollway.rollout.journal import Event
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

HOSTS = ("app-1", "app-2", "app-3")
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


def test_a_rollback_by_name_goes_there_whatever_was_interrupted() -> None:
    assert decide(request("rollback", to="0-z"), _deploy_killed()).release_id == "0-z"


def test_a_fleet_of_two_good_releases_has_no_rollback_to_go_on_with() -> None:
    """A limited deploy: the rollback goes to what served before on the hosts that have it."""
    other = acquired_host("app-3", active="green", green="2-b", blue="0-z", releases=GOOD)
    plan = decide(request("rollback"), {**steady_fleet(releases=GOOD), "app-3": other})
    assert plan.release_id == "0-z"
