from __future__ import annotations

from typing import Any

import pytest

from rollway.report.status import fleet_status
from rollway.report.table import host_cells, status_lines, title_of
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
        "lacking": [],
        "restarted": [],
        "problem": None,
    }
    assert status["locks"] == []
    assert status["interrupted_run"] is None


def test_it_is_the_same_whoever_answered_first() -> None:
    names = ("app-1", "app-2", "app-3")
    hosts = {name: _host(name) for name in names}
    for name, one in hosts.items():
        one.result["lock"] = {"id": "run-1", "owner": name}
    first = fleet_status(request("status"), {**hosts, "edge-1": _edge()})
    last = dict(reversed({**hosts, "edge-1": _edge()}.items()))
    assert fleet_status(request("status"), last) == first
    assert [lock["host"] for lock in first["locks"]] == list(names)


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


def _of_two(*running: str) -> dict[str, Any]:
    """A fleet whose first host runs these of two replicas."""
    two = {"name": "api", "class": "web", "replicas": 2, "containers": ["api-1", "api-2"]}
    host = _host("app-1")
    host.result["manifests"]["1-a"]["services"] = [two]
    row = host.result["containers"]["blue"][0]
    host.result["containers"]["blue"] = [{**row, "service": one} for one in running]
    return fleet_status(request("status"), fleet(host, _host("app-2"), _host("app-3"), _edge()))


def test_a_replica_that_is_gone_is_counted_with_what_brings_it_back() -> None:
    status = _of_two("api-2")
    (first, *_) = status["hosts"]
    lacking = [{"service": "api", "running": 1, "wanted": 2}]
    assert (first["healthy"], first["lacking"]) == (False, lacking)
    assert host_cells(first)[3] == "no, api 1 of 2"
    following = "next: ./invoke doctor --env=local --app=iris --fix"
    assert following in status_lines(status)
    whole = _of_two("api-1", "api-2")
    assert (whole["hosts"][0]["healthy"], following in status_lines(whole)) == (True, False)


RESTARTED: list[Any] = [
    pytest.param(
        {"restarts": 7, "state": "restarting", "exit_code": 3},
        "app-2: iris-blue-api-1-1 ended by itself and was restarted 7 times,"
        " restarting after exit code 3",
        id="again and again",
    ),
    pytest.param(
        {"restarts": 1, "oom": True},
        "app-2: iris-blue-api-1-1 ended by itself and was restarted once, killed for its memory",
        id="once, and it runs again",
    ),
]


@pytest.mark.parametrize(("changes", "line"), RESTARTED)
def test_a_container_that_was_restarted_is_named(changes: dict[str, Any], line: str) -> None:
    crashing = _host("app-2")
    row = crashing.result["containers"]["blue"][0]
    row.update({"name": "iris-blue-api-1-1", "exit_code": 0, "oom": False, **changes})
    status = fleet_status(
        request("status"), fleet(_host("app-1"), crashing, _host("app-3"), _edge())
    )
    assert [host["healthy"] for host in status["hosts"]] == [
        True,
        row["state"] == "running",
        True,
    ]
    assert line in status_lines(status)


def test_a_host_that_does_not_answer_is_named() -> None:
    lost = Event("acquire", "app-2", ok=False, unreachable=True, result={"msg": "timed out"})
    status = fleet_status(request("status"), fleet(_host("app-1"), lost, _host("app-3"), _edge()))
    assert status["outcome"] == "unknown"
    assert status["hosts"][1]["problem"] == "unreachable: timed out"


PHASE = {"run": "run-9", "step": "start", "since": "2026-01-31T12:00:07Z", "release": "2-b"}
LOCK = {
    "id": "run-9",
    "verb": "deploy",
    "owner": "you@there",
    "started": "2026-01-31T12:00:00Z",
}
WHICH = "--env=local --app=iris"
SILENT = [
    pytest.param({"app_2": "down"}, "down", id="down at the edge"),
    pytest.param({}, "lost", id="out of reach"),
]


@pytest.mark.parametrize(("edge", "how"), SILENT)
def test_a_host_that_does_not_answer_is_not_counted(edge: dict[str, str], how: str) -> None:
    away = Event("acquire", "app-2", ok=False, unreachable=True, result={"msg": "timed out"})
    second = away if how == "lost" else _host("app-2")
    status = _status(_host("app-1"), second, _host("app-3"), edge=_edge(**edge))
    assert title_of(status) == "iris on local: 1-a on 2 of 3 hosts"
    said = "unreachable: timed out" if how == "lost" else "does not answer the edge"
    assert f"app-2: {said}" in status_lines(status)


def test_of_a_fleet_that_answers_the_release_is_said_alone() -> None:
    assert title_of(_status(*[_host(f"app-{one}") for one in (1, 2, 3)])) == "iris on local: 1-a"


def _left(name: str, *, phase: dict[str, str] | None = None, **result: Any) -> Event:
    event = _host(name)
    event.result.update(result)
    event.result["state"]["phase"] = phase
    return event


def _status(*events: Event, edge: Event | None = None) -> dict[str, Any]:
    return fleet_status(request("status"), fleet(*events, edge or _edge()))


def test_a_killed_run_is_named_with_host_and_step_and_what_to_type() -> None:
    status = _status(
        _left("app-1", phase=PHASE, lock=LOCK, process="gone"),
        _left("app-2", lock=LOCK, process="gone"),
        _host("app-3"),
    )
    assert status["locks"] == [
        {"host": "app-1", **LOCK, "step": "start", "process": "gone"},
        {"host": "app-2", **LOCK, "step": None, "process": "gone"},
    ]
    assert "app-1: locked by you@there (run-9), whose process is gone" in status_lines(status)
    found = status["interrupted_run"]
    assert (found["run"], found["verb"], found["release"]) == ("run-9", "deploy", "2-b")
    assert [(one["host"], one["step"]) for one in found["hosts"]] == [
        ("app-1", "start"),
        ("app-2", "acquire"),
    ]
    assert status_lines(status)[-4:] == [
        "interrupted: deploy of 2-b (run-9)",
        "  app-1: stopped in start",
        "  app-2: stopped in acquire",
        f"next: ./invoke deploy {WHICH} --version=b continues, ./invoke abort {WHICH} goes back",
    ]


def test_a_recorded_run_is_named_without_any_lock() -> None:
    run = "20260131T120000Z-rollback-1a2b3c"
    phase = {**PHASE, "run": run, "step": "shift", "release": "1-a"}
    status = _status(*[_left(f"app-{number}", phase=phase) for number in (1, 2, 3)])
    assert status["locks"] == []
    assert status["interrupted_run"]["verb"] == "rollback"
    assert status_lines(status)[-2:] == [
        "  app-1..app-3: stopped in shift",
        f"next: ./invoke rollback {WHICH} --to=1-a continues, ./invoke abort {WHICH} goes back",
    ]


def test_traffic_that_has_moved_shows_whatever_the_host_has_on_record() -> None:
    edge = _edge()
    edge.result["edge"]["servers"][0]["slot"] = "green"
    acquired = fleet(_left("app-1", lock=LOCK), _left("app-2", lock=LOCK), edge)
    found = fleet_status(request("status"), acquired)["interrupted_run"]
    assert [one["step"] for one in found["hosts"]] == ["shift", "acquire"]


NOT_INTERRUPTED = [
    pytest.param({"lock": LOCK, "process": "at work"}, id="a run at work"),
    pytest.param({"lock": LOCK, "process": "at work", "freeze": LOCK}, id="one beside a freeze"),
    pytest.param({"lock": LOCK, "process": "elsewhere"}, id="a run that may be at work"),
    pytest.param({"lock": LOCK, "hold": {"release": "2-b", "reasons": []}}, id="a held release"),
]


@pytest.mark.parametrize("result", NOT_INTERRUPTED)
def test_what_is_no_interrupted_run(result: dict[str, Any]) -> None:
    status = _status(_left("app-1", phase=PHASE, **result), _host("app-2"), _host("app-3"))
    assert status["interrupted_run"] is None


def test_of_a_run_on_another_machine_nobody_knows() -> None:
    status = _status(_left("app-1", lock=LOCK, process="elsewhere"), _host("app-2"), _host("app-3"))
    words = "locked by you@there (run-9); whether it is at work, only there knows"
    assert f"app-1: {words}" in status_lines(status)


def test_the_newest_of_two_runs_is_the_one_that_counts() -> None:
    older = {**PHASE, "run": "run-8", "since": "2026-01-30T12:00:00Z"}
    status = _status(_left("app-1", phase=older), _left("app-2", phase=PHASE), _host("app-3"))
    assert status["interrupted_run"]["run"] == "run-9"
    assert [one["host"] for one in status["interrupted_run"]["hosts"]] == ["app-2"]


def test_a_remove_that_broke_off_is_done_again() -> None:
    acquired = fleet(*[_host(f"app-{number}") for number in (1, 2, 3)], _edge())
    phase = {"run": "20260131T120000Z-remove-1a2b3c", "step": "remove", "since": "2026-01-31"}
    acquired["app-1"].result["state"]["phase"] = {**phase, "release": None}
    found = fleet_status(request("status"), acquired)["interrupted_run"]
    assert found["next"] == (
        f"./invoke remove {WHICH} --yes continues, ./invoke deploy {WHICH} brings it back"
    )


def test_an_edge_alone_that_keeps_a_lock_needs_only_the_next_run() -> None:
    edge = _edge()
    edge.result["lock"] = LOCK
    status = fleet_status(request("status"), fleet(_host("app-1"), edge))
    assert status["interrupted_run"]["host"] == "edge-1"
    assert status["interrupted_run"]["next"] == "the next run goes on"
