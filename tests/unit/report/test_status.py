from __future__ import annotations

from typing import Any

from rollway.report.status import fleet_status
from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import acquired_host, fleet, release, request


def _host(name: str, *, health: str = "healthy", **state: Any) -> Event:
    values = {"active": "blue", "blue": "1-a", "releases": {"1-a": release("a")}, **state}
    event = acquired_host(name, **values)
    container = {
        "service": "api-1",
        "state": "running",
        "health": health,
        "image": "registry/iris@sha256:1",
    }
    event.result["containers"] = {"blue": [container]}
    return event


def _edge(*, app_2: str = "up") -> Event:
    servers = [
        {
            "name": f"app-{number}-blue-1",
            "host": f"app-{number}",
            "slot": "blue",
            "weight": 100,
            "admin_state": "ready",
            "op_state": app_2 if number == 2 else "up",
        }
        for number in (1, 2, 3)
    ]
    return Event("acquire", "edge-1", result={"ok": True, "edge": {"servers": servers}})


def test_a_steady_fleet() -> None:
    status = fleet_status(
        request("status"), fleet(*[_host(f"app-{number}") for number in (1, 2, 3)], _edge())
    )
    assert (status["release"], status["outcome"]) == ("1-a", "good")
    assert status["hosts"][0] == {
        "host": "app-1",
        "release": "1-a",
        "version": None,
        "slot": "blue",
        "healthy": True,
        "in_rotation": True,
        "images": {"api-1": "registry/iris@sha256:1"},
        "problem": None,
    }
    assert status["locks"] == []
    assert status["interrupted_run"] is None


def test_a_mixed_fleet_has_no_release() -> None:
    other = _host("app-3", blue="2-b", releases={"2-b": release("b")})
    status = fleet_status(request("status"), fleet(_host("app-1"), _host("app-2"), other, _edge()))
    assert (status["release"], status["outcome"]) == (None, "mixed")


def test_what_the_edge_finds_down_is_out_of_rotation() -> None:
    acquired = fleet(*[_host(f"app-{n}") for n in (1, 2, 3)], _edge(app_2="down"))
    hosts = fleet_status(request("status"), acquired)["hosts"]
    assert [host["in_rotation"] for host in hosts] == [True, False, True]


def test_an_unhealthy_container_shows() -> None:
    acquired = fleet(_host("app-1", health="unhealthy"), _host("app-2"), _host("app-3"), _edge())
    hosts = fleet_status(request("status"), acquired)["hosts"]
    assert [host["healthy"] for host in hosts] == [False, True, True]


def test_a_host_that_does_not_answer_is_named() -> None:
    lost = Event("acquire", "app-2", ok=False, unreachable=True, result={"msg": "timed out"})
    status = fleet_status(request("status"), fleet(_host("app-1"), lost, _host("app-3"), _edge()))
    assert status["outcome"] == "unknown"
    assert status["hosts"][1]["problem"] == "unreachable: timed out"


def test_an_interrupted_run_and_its_lock_are_named() -> None:
    held = _host("app-1")
    held.result["lock"] = {"id": "run-9", "owner": "you@there"}
    held.result["state"]["phase"] = {"run": "run-9", "step": "start", "release": "2-b"}
    status = fleet_status(request("status"), fleet(held, _host("app-2"), _host("app-3"), _edge()))
    assert status["locks"] == [{"host": "app-1", "id": "run-9", "owner": "you@there"}]
    assert status["interrupted_run"]["step"] == "start"
