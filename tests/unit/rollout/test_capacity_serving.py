"""How many hosts go on serving while others stop first."""

from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.rollout.capacity import least_serving
from rollway.rollout.planning import decide
from tests.unit.rollout.capacity_fixtures import Fleet, plan_for, roomy_fleet
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
)

SERVING: list[Any] = [
    pytest.param({}, 4, 1, id="one, unless it is said"),
    pytest.param({"min_serving": 0}, 4, 0, id="none"),
    pytest.param({"min_serving": 3}, 4, 3, id="a number"),
    pytest.param({"min_serving": "50%"}, 3, 2, id="a percentage is rounded up"),
    pytest.param({"min_serving": "0%"}, 3, 0, id="none, as a percentage"),
    pytest.param({"min_serving": "100%"}, 3, 3, id="all"),
]


@pytest.mark.parametrize(("rollout", "hosts", "expected"), SERVING)
def test_how_many_hosts_have_to_serve(rollout: Any, hosts: int, expected: int) -> None:
    assert least_serving(rollout, host_count=hosts) == expected


WAVES: list[Any] = [
    pytest.param({}, None, id="one after the other"),
    pytest.param({"min_serving": 2}, None, id="two go on"),
    pytest.param({"min_serving": 3}, (1, "app-1", 2), id="none may be missed"),
    pytest.param({"min_serving": "70%"}, (1, "app-1", 2), id="by percentage"),
    pytest.param({"waves": ["100%"]}, (1, "app-1, app-2, app-3", 0), id="all at once"),
    pytest.param({"waves": [1, 2], "min_serving": 2}, (2, "app-2, app-3", 1), id="a later wave"),
    pytest.param({"waves": ["100%"], "min_serving": 0}, None, id="nobody has to serve"),
]


@pytest.mark.parametrize(("rollout", "refused"), WAVES)
def test_a_wave_that_would_leave_too_few_serving_is_refused(
    rollout: dict[str, Any], refused: tuple[int, str, int] | None
) -> None:
    plan = plan_for(roomy_fleet(), order="stop-first", **rollout)
    if refused is None:
        assert plan.refusal is None
        return
    wave, names, left = refused
    assert plan.refusal is not None
    assert (plan.refusal.exit_code, plan.waves, plan.hosts) == (exits.REFUSED, [], {})
    (problem,) = plan.refusal.problems
    which = "host serves" if left == 1 else "hosts serve"
    assert problem["where"] == "x-rollway.rollout.min_serving"
    assert problem["found"].startswith(
        f"while {names} stop first in wave {wave}, {left} {which} (app-"
    )
    assert problem["next"] == (
        "set smaller waves or a lower min_serving in apps/iris/compose.yml, "
        "or give these hosts more memory"
    )


def _fleet_of_one() -> Fleet:
    state: dict[str, Any] = {"active": "blue", "blue": "1-a", "releases": {"1-a": release("a")}}
    return fleet(acquired_host("app-1", **state), acquired_edge(("app-1", "blue")))


ALONE: list[Any] = [
    pytest.param({}, True, id="unless it says so"),
    pytest.param({"min_serving": 0}, False, id="where it does"),
]


@pytest.mark.parametrize(("rollout", "is_refused"), ALONE)
def test_a_fleet_of_one_does_not_stop(rollout: dict[str, Any], is_refused: bool) -> None:
    wanted = manifest("b")
    wanted["rollout"] |= {"order": "stop-first", **rollout}
    plan = decide(request(manifest=wanted, app_hosts=["app-1"]), _fleet_of_one())
    assert bool(plan.refusal) is is_refused


def test_a_host_that_an_edge_does_not_know_does_not_count() -> None:
    acquired = roomy_fleet()
    acquired["edge-2"] = acquired_edge(("app-1", "blue"), name="edge-2")
    wanted = manifest("b")
    wanted["rollout"]["order"] = "stop-first"
    plan = decide(request(manifest=wanted, edges=["edge-1", "edge-2"]), acquired)
    assert plan.rotation == ["app-1"]
    assert plan.refusal is not None  # app-1 is the only one in rotation at both


def test_hosts_outside_a_limit_go_on_serving() -> None:
    wanted = manifest("b")
    wanted["rollout"] |= {"order": "stop-first", "min_serving": 2}
    limit: dict[str, Any] = {"app_hosts": ["app-1"], "outside": ["app-2", "app-3"]}
    acquired = roomy_fleet()
    asked = {name: event for name, event in acquired.items() if name not in limit["outside"]}
    assert decide(request(manifest=wanted, **limit), asked).refusal is None
    assert decide(request(manifest=wanted, **limit), asked).min_serving == 2


def test_the_way_back_takes_hosts_that_stop_first_one_after_the_other() -> None:
    releases = {"1-a": release("a"), "2-b": release("b")}
    acquired = roomy_fleet(active="green", green="2-b", blue=None, releases=releases)
    acquired["edge-1"] = acquired_edge(*[(f"app-{n}", "green") for n in (1, 2, 3)])
    for name in ("app-1", "app-2", "app-3"):
        found = acquired[name].result["manifests"]
        found["1-a"]["rollout"]["order"] = "stop-first"
        found["2-b"]["rollout"]["min_serving"] = 0  # the lower one counts
        found["1-a"]["rollout"]["min_serving"] = 3
    acquired["app-2"].result["manifests"]["1-a"]["rollout"]["order"] = "stop-first"
    plan = decide(request("rollback"), acquired)
    assert plan.refusal is None
    assert (plan.waves, plan.min_serving) == ([["app-1"], ["app-2"], ["app-3"]], 0)
