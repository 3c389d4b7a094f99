"""What a doctor asks of each host, and what the fleet tells it for a repair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.rollout.doctor import (
    DOCTOR_ACT,
    DOCTOR_LOOK,
    findings_of,
    known_of,
    slots_served,
)
from rollway.rollout.journal import Event, Journal
from rollway.rollout.upkeep import upkeep_calls
from tests.unit.rollout.fleet_fixtures import fleet, request

LOCKED = {"where": "lock.json", "found": "locked by deploy", "next": "wait for it"}


def finding(kind: str, where: str, fix: str = "") -> dict[str, str]:
    return {"kind": kind, "where": where, "found": "not valid JSON", "fix": fix, "next": "by hand"}


def looked(host: str = "app-1", *findings: Any, **result: Any) -> Event:
    """What a host or an edge found."""
    told = {"ok": True, "findings": list(findings), **result}
    return Event(DOCTOR_LOOK, host, ok=bool(told["ok"]), result=told)


def server(host: str, slot: str, **changes: Any) -> dict[str, Any]:
    return {"host": host, "slot": slot, "admin_state": "ready", "weight": 100, **changes}


EDGE = looked(
    "edge-1",
    servers=[
        server("app-1", "blue", admin_state="maint"),
        server("app-1", "green"),
        server("app-2", "blue", weight=0),
    ],
)
LEFTOVER = finding("container", "x", "removes it")
RELEASE = finding("release", "/var/lib/rollway/iris/releases/2-b/release.json")
SLOT = finding("slot", "iris-blue", "stops and removes them")
STATE = finding("state", "/var/lib/rollway/iris/state.json")


def _asked(tmp_path: Path, *events: Event, host: str = "app-1", **changes: Any) -> Any:
    journal = Journal(tmp_path)
    for event in events:
        journal.append(event)
    return upkeep_calls(request("doctor", **changes), journal, step=DOCTOR_ACT, host=host)


def test_hosts_and_edges_are_asked_once_and_an_edge_hears_of_every_host(tmp_path: Path) -> None:
    asked = request("doctor", outside=["app-9"])
    hosts = ("app-1", "edge-1")
    calls = [
        upkeep_calls(asked, Journal(tmp_path), step=DOCTOR_LOOK, host=host)[0] for host in hosts
    ]
    told = [
        [call.arguments[name] for name in ("mode", "kind", "reads_edge")]  # type: ignore[union-attr]
        for call in calls
    ]
    assert told == [["read", "app", False], ["read", "edge", True]]
    assert calls[1].arguments["hosts"] == ["app-1", "app-2", "app-3", "app-9"]  # type: ignore[union-attr]


def test_edges_say_which_slot_serves() -> None:
    told = fleet(EDGE)
    assert [slots_served(told, name) for name in ("app-1", "app-2")] == [["green"], []]


def test_a_host_hears_of_the_releases_it_cannot_read_alone() -> None:
    own, other = {"2-b": "its own"}, {"1-a": "first", "2-b": "second"}
    told = fleet(looked("app-1", RELEASE, manifests=own), looked("app-2", manifests=other))
    assert known_of(told, "app-1") == {"2-b": "second"}
    assert known_of(told, "app-2") == {}


FIXES: list[Any] = [
    pytest.param(
        [looked("app-1", RELEASE), looked("app-2", manifests={"2-b": {}})],
        "keeps it as release.json.bad and writes it anew, as another host has it",
        id="a manifest that another host has",
    ),
    pytest.param([looked("app-1", RELEASE), looked("app-2")], "", id="one that nobody has"),
    pytest.param(
        [looked("app-1", STATE), EDGE],
        "keeps it as state.json.bad and records what runs: green serves, by the edges",
        id="a state of which the edges say what serves",
    ),
    pytest.param([looked("app-1", STATE)], "", id="a state of which they do not"),
]


@pytest.mark.parametrize(("events", "fix"), FIXES)
def test_what_the_fleet_makes_mendable(events: list[Event], fix: str) -> None:
    (one,) = findings_of("app-1", fleet(*events))
    assert (one["fix"], one["next"]) == (fix, "" if fix else "by hand")


UNTOLD: list[Any] = [
    pytest.param([], id="an edge was not reached"),
    pytest.param([looked("edge-2", ok=False)], id="an edge failed"),
    pytest.param([looked("edge-2", servers=None)], id="HAProxy or its record is silent"),
]


@pytest.mark.parametrize("silent", UNTOLD)
def test_a_slot_is_mended_with_the_word_of_every_edge(silent: list[Event], tmp_path: Path) -> None:
    edges = ["edge-1", "edge-2"]
    told = looked("edge-2", servers=[])
    for found, fix in ((SLOT, ""), (STATE, ""), (LEFTOVER, "removes it")):
        events = fleet(looked("app-1", found), EDGE, *silent)
        assert [one["fix"] for one in findings_of("app-1", events, edges=edges)] == [fix]
        whole = fleet(looked("app-1", found), EDGE, told)
        assert findings_of("app-1", whole, edges=edges)[0]["fix"]
    (call,) = _asked(tmp_path, looked("app-1", LEFTOVER), EDGE, *silent, edges=edges)
    assert call.arguments["edges_told"] is False


def test_a_repair_hears_what_the_fleet_told(tmp_path: Path) -> None:
    others = looked("app-2", manifests={"2-b": {"id": "2-b"}})
    (call,) = _asked(tmp_path, looked("app-1", RELEASE), others, EDGE)
    names = ("mode", "serves", "edges_told", "manifests")
    assert {name: call.arguments[name] for name in names} == {
        "mode": "lock",
        "serves": ["green"],
        "edges_told": True,
        "manifests": {"2-b": {"id": "2-b"}},
    }


SKIPS: list[Any] = [
    pytest.param([looked("app-1", RELEASE)], {}, "there is nothing to mend", id="by hand alone"),
    pytest.param([looked()], {}, "there is nothing to mend", id="a host that is well"),
    pytest.param(
        [looked("app-1", LEFTOVER)],
        {"reads_only": True},
        "it was only asked to look",
        id="without --fix",
    ),
    pytest.param(
        [looked("app-1", LEFTOVER), looked("edge-1", would_refuse=LOCKED)],
        {},
        "the request is refused",
        id="a lock on another host",
    ),
    pytest.param([looked("app-2", LEFTOVER)], {}, "it did not answer", id="not reached"),
]


@pytest.mark.parametrize(("events", "changes", "why"), SKIPS)
def test_why_a_host_is_left_alone(
    events: list[Event], changes: dict[str, Any], why: str, tmp_path: Path
) -> None:
    assert _asked(tmp_path, *events, **changes) == why
