from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.cli.drift import show
from rollway.report.drift import fleet_drift, next_lines
from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import fleet, request

NAMED = "--env=local --app=iris"
COMPOSE = {
    "kind": "file",
    "where": "compose.yml",
    "found": "its content was changed",
    "accepted": "as it was released",
    "next": "",
}


def _host(number: int, release: str | None = "1-a", **result: Any) -> Event:
    slots = {"blue": {"release": release, "state": "running"}} if release else {}
    state = {"active": "blue" if release else None, "slots": slots}
    return Event("drift", f"app-{number}", result={"ok": True, "state": state, **result})


def _edge(**result: Any) -> Event:
    return Event("drift", "edge-1", result={"ok": True, "servers": [], **result})


def _drift(*events: Event) -> dict[str, Any]:
    return fleet_drift(request("drift"), fleet(*events))


def test_a_fleet_as_recorded_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    found = _drift(_host(1), _host(2), _host(3), _edge())
    assert (found["findings"], found["lost"], found["remarks"]) == ([], [], [])
    assert show(found, as_json=False) == exits.DONE
    assert capsys.readouterr().out == "iris on local: no drift on 3 hosts\n"


def test_hosts_on_different_releases_are_skew() -> None:
    found = _drift(_host(1, "10-b"), _host(2, "9-a"), _host(3, None), _edge())
    rows = [(one["host"], one["found"], one["accepted"]) for one in found["findings"]]
    assert rows == [
        ("app-2", "9-a", "10-b, as elsewhere"),
        ("app-3", "nothing serves", "10-b, as elsewhere"),
    ]
    assert {one["kind"] for one in found["findings"]} == {"skew"}
    assert next_lines(found["findings"]) == [f"next: ./invoke deploy {NAMED} --version=b"]


def test_a_held_release_is_no_skew_but_is_said() -> None:
    hold = {"release": "2-b"}
    found = _drift(_host(1, "2-b", hold=hold), _host(2, hold=hold), _host(3, hold=hold), _edge())
    assert found["findings"] == []
    assert found["remarks"] == ["2-b is held: hosts may serve different releases"]


NEXT: list[Any] = [
    pytest.param(
        _host(1, findings=[{**COMPOSE, "verb": "doctor"}]),
        f"./invoke doctor {NAMED} --fix",
        id="what the host can put right itself",
    ),
    pytest.param(
        _host(1, findings=[{**COMPOSE, "kind": "image", "verb": "restart"}]),
        f"./invoke restart {NAMED} --limit=app-1",
        id="a container that serves and is another one",
    ),
    pytest.param(
        _host(1, findings=[{**COMPOSE, "verb": "deploy"}]),
        f"./invoke deploy {NAMED} --version=a",
        id="a release that is gone from the disk",
    ),
    pytest.param(
        _edge(findings=[{**COMPOSE, "verb": "maintenance off"}]),
        f"./invoke maintenance off {NAMED}",
        id="a page that HAProxy shows and would not show again",
    ),
    pytest.param(
        _host(1, findings=[{**COMPOSE, "kind": "container", "next": "docker rm --force x"}]),
        "on app-1: docker rm --force x",
        id="what is mended on the host",
    ),
    pytest.param(
        _host(1, findings=[{**COMPOSE, "kind": "lock"}]),
        f"./invoke abort {NAMED}",
        id="the lock of a dead run",
    ),
    pytest.param(
        _edge(findings=[COMPOSE]),
        f"./invoke deploy {NAMED} --version=a",
        id="a file of an edge",
    ),
]


@pytest.mark.parametrize(("event", "command"), NEXT)
def test_each_finding_has_its_next_command(
    event: Event, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    events = fleet(_host(1), _host(2), _host(3), _edge())
    found = fleet_drift(request("drift"), {**events, event.host: event})
    assert [one["next"] for one in found["findings"]] == [command]
    assert show(found, as_json=False) == exits.DRIFT
    assert f"next: {command}" in capsys.readouterr().out


def test_a_host_that_is_an_edge_tells_of_both() -> None:
    edge = {"findings": [{**COMPOSE, "where": "iris.cfg"}], "servers": []}
    found = _drift(_host(1, findings=[COMPOSE], edge=edge), _host(2), _host(3), _edge())
    assert [one["where"] for one in found["findings"]] == ["compose.yml", "iris.cfg"]


def test_what_was_not_read_is_not_called_well(capsys: pytest.CaptureFixture[str]) -> None:
    lost = Event("drift", "app-2", ok=False, unreachable=True, result={"msg": "timeout"})
    found = _drift(_host(1), lost, _host(3), _edge())
    assert found["lost"] == [{"host": "app-2", "problem": "did not answer: timeout"}]
    assert show(found, as_json=False) == exits.REFUSED
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "app-2: did not answer: timeout\n")
    drifted = _drift(_host(1, findings=[COMPOSE]), lost, _host(3), _edge())
    assert show(drifted, as_json=True) == exits.DRIFT


JOB = {"jobs": [{"name": "migrate", "hosts": []}]}
DONE = {"1-a": {"migrate": {"finished": "2026-01-31T12:00:00Z", "exit_code": 0}}}
FAILED = {"1-a": {"migrate": {"finished": "2026-01-31T12:00:00Z", "exit_code": 1}}}


@pytest.mark.parametrize(
    ("records", "is_found"),
    [
        pytest.param([{}, DONE, {}], False, id="one host knows it"),
        pytest.param([{}, {}, {}], True, id="no host does"),
        pytest.param([FAILED, {}, {}], True, id="it failed when it ran last"),
    ],
)
def test_a_job_that_nobody_has_on_record_as_done(
    records: list[dict[str, Any]], is_found: bool
) -> None:
    hosts = [_host(number, serving=JOB, jobs=one) for number, one in enumerate(records, start=1)]
    found = _drift(*hosts, _edge())["findings"]
    assert [(one["kind"], one["where"], one["host"]) for one in found] == (
        [("job", "jobs/migrate", "app-1")] if is_found else []
    )
    assert all(one["next"] == f"./invoke deploy {NAMED} --version=a" for one in found)
