from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import (
    HTTP,
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
    steady_fleet,
)


def test_a_first_release_goes_to_blue_everywhere() -> None:
    hosts = [acquired_host(f"app-{number}") for number in (1, 2, 3)]
    plan = decide(request(), fleet(*hosts, acquired_edge()))
    assert plan.release_id == "1-b"
    assert plan.waves == [["app-1"], ["app-2"], ["app-3"]]
    assert {host.new_slot for host in plan.hosts.values()} == {"blue"}
    assert {host.serving for host in plan.hosts.values()} == {None}


def test_the_next_release_starts_beside_the_one_that_serves() -> None:
    plan = decide(request(), steady_fleet())
    host = plan.hosts["app-2"]
    assert (plan.release_id, host.action) == ("2-b", "start")
    assert (host.old_slot, host.new_slot, host.serving) == ("blue", "green", "blue")
    assert plan.previous["id"] == "1-a"
    assert not plan.restore


def test_a_fleet_that_serves_the_release_is_left_alone() -> None:
    plan = decide(request(version="a"), steady_fleet())
    assert plan.release_id == "1-a"
    assert plan.waves == []


def test_an_edge_that_knows_nothing_yet_is_told() -> None:
    plan = decide(request(version="a"), {**steady_fleet(), "edge-1": acquired_edge()})
    assert {host.action for host in plan.hosts.values()} == {"shift"}
    assert {host.new_slot for host in plan.hosts.values()} == {"blue"}


def test_a_release_is_continued_where_it_was_left() -> None:
    releases = {"1-a": release("a"), "2-b": release("b", outcome="candidate")}
    done = acquired_host("app-1", active="green", blue="1-a", green="2-b", releases=releases)
    started = acquired_host("app-2", active="blue", blue="1-a", green="2-b", releases=releases)
    untouched = acquired_host("app-3", active="blue", blue="1-a", releases=releases)
    edge = acquired_edge(("app-1", "green"), ("app-2", "green"), ("app-3", "blue"))
    plan = decide(request(), fleet(done, started, untouched, edge))
    assert [plan.hosts[f"app-{n}"].action for n in (1, 2, 3)] == ["none", "shift", "start"]
    assert plan.hosts["app-2"].serving == "green"
    assert not plan.restore


STANDING = [
    pytest.param(["running"], "shift", id="it runs"),
    pytest.param(["exited"], "start", id="somebody stopped it"),
    pytest.param([], "start", id="it is gone"),
]


@pytest.mark.parametrize("verb", ["deploy", "rollback"])
@pytest.mark.parametrize(("states", "action"), STANDING)
def test_a_warm_slot_is_started_anew_where_its_containers_do_not_run(
    states: list[str], action: str, verb: str
) -> None:
    releases = {"1-a": release("a"), "2-b": release("b")}
    warm = {"active": "green", "green": "2-b", "blue": "1-a", "warm": "blue"}
    acquired = steady_fleet(**warm, releases=releases)
    result = acquired["app-1"].result
    result["manifests"]["1-a"]["services"][0]["containers"] = ["api-1"]
    result["containers"] = {"blue": [{"service": "api-1", "state": one} for one in states]}
    plan = decide(request(verb, version="a"), acquired)
    assert (plan.release_id, plan.hosts["app-1"].new_slot) == ("1-a", "blue")
    assert [plan.hosts[f"app-{n}"].action for n in (1, 2, 3)] == [action, "shift", "shift"]


def test_an_edge_on_a_slot_that_is_to_be_stopped_is_put_back_first() -> None:
    releases = {"1-a": release("a"), "2-b": release("b", outcome="candidate")}
    hosts = [
        acquired_host(f"app-{n}", active="blue", blue="1-a", green="2-b", releases=releases)
        for n in (1, 2, 3)
    ]
    edge = acquired_edge(("app-1", "green"), ("app-2", "blue"), ("app-3", "blue"))
    plan = decide(request(version="c"), fleet(*hosts, edge))
    assert plan.hosts["app-1"].serving == "blue"
    assert plan.restore


def test_workers_of_an_earlier_reload_have_to_go_first() -> None:
    acquired = {**steady_fleet(), "edge-1": acquired_edge(old_workers=1)}
    assert decide(request(), acquired).restore


@pytest.mark.parametrize("outcome", ["bad", "voided"])
def test_a_spoiled_release_is_deployed_again_under_a_new_id(outcome: str) -> None:
    releases = {"1-a": release("a"), "2-b": release("b", outcome=outcome)}
    assert decide(request(), steady_fleet(releases=releases)).release_id == "3-b"


def test_the_same_version_with_another_content_is_another_release() -> None:
    changed = manifest("a", hash="another")
    plan = decide(request(manifest=changed), steady_fleet())
    assert plan.release_id == "2-a"


REFUSED: list[tuple[str, Event, int, str]] = [
    (
        "an unreachable host",
        Event("acquire", "app-2", ok=False, unreachable=True, result={"msg": "timed out"}),
        exits.REFUSED,
        "unreachable: timed out",
    ),
    (
        "a host that is locked",
        Event(
            "acquire",
            "app-2",
            ok=False,
            result={"outcome": "locked", "problem": {"where": "lock.json", "found": "held by you"}},
        ),
        exits.LOCKED,
        "held by you",
    ),
    (
        "a host with an old engine",
        Event("acquire", "app-2", ok=False, result={"problem": {"found": "Engine 20"}}),
        exits.REFUSED,
        "Engine 20",
    ),
]


@pytest.mark.parametrize(
    ("event", "code", "found"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refusals(event: Event, code: int, found: str) -> None:
    plan = decide(request(), {**steady_fleet(), "app-2": event})
    assert plan.refusal is not None
    assert plan.refusal.exit_code == code
    assert [problem["found"] for problem in plan.refusal.problems] == [found]
    assert plan.waves == []
    assert set(plan.generations) == {"app-1", "app-3", "edge-1"}


def test_another_readiness_path_is_refused() -> None:
    moved = manifest("b", http={**HTTP, "ready": "/healthz"})
    plan = decide(request(manifest=moved), steady_fleet())
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == (
        "/healthz, while the release that serves is checked by /ready"
    )


NEW_HOST: dict[str, Any] = {
    "app_hosts": ["app-4"],
    "outside": ["app-1"],
    "addresses": {"app-4": "10.0.0.4"},
}


def test_another_readiness_path_is_refused_for_the_hosts_outside_a_limit() -> None:
    moved = manifest("b", http={**HTTP, "ready": "/healthz"})
    acquired = fleet(acquired_host("app-4"), acquired_edge(("app-1", "blue")))
    plan = decide(request(manifest=moved, **NEW_HOST), acquired)
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == (
        "/healthz, while what serves behind edge-1 is checked by /ready"
    )
    assert not decide(request(**NEW_HOST), acquired).refusal


@pytest.mark.parametrize(
    ("host", "admin_state"),
    [
        pytest.param("app-1", "maint", id="a first release that never served"),
        pytest.param("gone-1", "ready", id="hosts that the inventory does not have any more"),
    ],
)
def test_a_path_that_checks_nothing_may_change(host: str, admin_state: str) -> None:
    moved = manifest("b", http={**HTTP, "ready": "/healthz"})
    edge = acquired_edge((host, "blue"), admin_state=admin_state)
    plan = decide(request(manifest=moved, **NEW_HOST), fleet(acquired_host("app-4"), edge))
    assert not plan.refusal


def _two_releases(**outcomes: str) -> dict[str, Any]:
    return {
        "1-a": release("a", outcome=outcomes.get("a", "good")),
        "2-b": release("b", outcome=outcomes.get("b", "good")),
        "3-c": release("c"),
    }


def _rollback_fleet(**outcomes: str) -> dict[str, Event]:
    return steady_fleet(
        active="green", green="3-c", blue="2-b", warm="blue", releases=_two_releases(**outcomes)
    )


def test_rollback_goes_to_the_last_good_release_at_once() -> None:
    plan = decide(request("rollback"), _rollback_fleet())
    assert plan.release_id == "2-b"
    assert plan.waves == [["app-1", "app-2", "app-3"]]
    assert {host.action for host in plan.hosts.values()} == {"shift"}
    assert plan.voids == ["3-c"]


def test_rollback_after_an_old_release_was_deployed_again_goes_to_what_served_before() -> None:
    acquired = steady_fleet(
        active="blue", blue="1-a", green="3-c", warm="green", releases=_two_releases()
    )
    assert decide(request("rollback"), acquired).release_id == "3-c"


@pytest.mark.parametrize("outcome", ["bad", "voided", "candidate"])
def test_rollback_passes_over_what_is_not_good(outcome: str) -> None:
    plan = decide(request("rollback"), _rollback_fleet(b=outcome))
    assert plan.release_id == "1-a"
    assert {host.action for host in plan.hosts.values()} == {"start"}


@pytest.mark.parametrize("wanted", ["1-a", "a"])
def test_rollback_to_a_named_release_or_version(wanted: str) -> None:
    assert decide(request("rollback", to=wanted), _rollback_fleet()).release_id == "1-a"


def test_rollback_to_an_unknown_release_is_refused() -> None:
    plan = decide(request("rollback", to="9-x"), _rollback_fleet())
    assert plan.refusal is not None
    assert plan.refusal.problems == [
        {
            "where": "rollback",
            "found": "9-x is not kept as a good release",
            "accepted": "1-a, 2-b, 3-c",
            "next": "./invoke status",
        }
    ]


def test_rollback_of_the_first_release_is_refused() -> None:
    plan = decide(request("rollback"), steady_fleet())
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == "no good release before the one that serves"


def test_a_limit_leaves_the_servers_of_other_hosts_as_they_are() -> None:
    asked = request(app_hosts=["app-2"], outside=["app-1", "app-3"])
    plan = decide(asked, steady_fleet())
    assert plan.waves == [["app-2"]]
    assert [(one["name"], one["state"]) for one in plan.kept["edge-1"]] == [
        ("app-1-blue-1", "ready"),
        ("app-3-blue-1", "ready"),
    ]


def test_an_edge_remembers_the_numbers_of_hosts_outside_the_run() -> None:
    acquired = steady_fleet()
    acquired["edge-1"].result["state"] = {"last_release": "7-x"}
    assert decide(request(app_hosts=["app-2"]), acquired).release_id == "8-b"


def test_a_release_that_is_gone_from_a_disk_is_brought_again() -> None:
    fleet_now = steady_fleet()
    del fleet_now["app-2"].result["manifests"]["1-a"]
    plan = decide(request(version="a"), fleet_now)
    assert {name: host.action for name, host in plan.hosts.items()} == {
        "app-1": "none",
        "app-2": "start",
        "app-3": "none",
    }
