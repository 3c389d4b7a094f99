from __future__ import annotations

from functools import reduce
from typing import Any

import pytest

from rollway.report.progress import Asked, Began, Ended, Planned, Progress, Row, Skipped, Update

ASKED = Asked("deploy", ("app-1", "app-2"), ("edge-1",), 10.0)
PLANNED = Planned("2-b", (("app-1",), ("app-2",)), {"app-1": "green", "app-2": "green"})
READY = {"cut": {}, "seconds": 1.5}


def _acquired(host: str, *, health: str = "healthy") -> Ended:
    result = {
        "state": {"active": "blue", "slots": {"blue": {"release": "1-a"}}},
        "containers": {"blue": [{"state": "running", "health": health}]},
    }
    return Ended("acquire", host, 11.0, seconds=0.1, result=result)


def _edge(**slots: str) -> dict[str, Any]:
    """What an edge says: `app_1="green"` gets its requests there, `app_1=""` none."""
    return {
        "servers": [
            {
                "host": host.replace("_", "-"),
                "slot": slot,
                "admin_state": "ready" if slot == ready else "maint",
            }
            for host, ready in slots.items()
            for slot in ("blue", "green")
        ]
    }


def _progress(*updates: Update) -> Progress:
    steady: list[Update] = [ASKED, _acquired("app-1"), _acquired("app-2"), PLANNED]
    return reduce(Progress.after, [*steady, *updates], Progress())


def _cells(row: Row) -> tuple[str, str, str, float | None]:
    return row.words, row.version, row.health, row.seconds_at(20.0)


def _ended(step: str, host: str, **known: Any) -> Ended:
    return Ended(step, host, 19.0, **known)


UNREADY = {"containers": [{"state": "running", "health": "unhealthy"}]}
TROUBLE = _ended("stage", "app-1", problem={"found": "not ready"}, result=UNREADY, seconds=3.0)
LOST = _ended("advance", "app-1", problem={"found": "cannot be reached"}, is_lost=True, seconds=9.0)
STARTED = _ended("stage", "app-1", seconds=1.5, result=READY)
OLD, NEW = _edge(app_1="blue", app_2="blue"), _edge(app_1="green", app_2="blue")
SHIFTED = _ended("shift", "edge-1", wave=0, seconds=0.01, result=NEW)
BAKE = {"found": "app-1-green-1: 3 of 9 requests failed"}
BAD_BAKE = _ended("shift", "edge-1", wave=0, problem=BAKE, result=NEW)
BACK = _ended("unshift", "edge-1", result=OLD)
ALOOF = {"timings": {"read": 0.1, "probe": 5.0}}
BROKEN = {"timings": {"read": 0.1, "probe": 0.1, "shift": 0.1}}

CASES = [
    pytest.param([], ("acquired", "1-a", "healthy", 0.1), id="acquired"),
    pytest.param(
        [Began("stage", "app-1", 18.0)], ("stages", "1-a", "healthy", 2.0), id="in motion"
    ),
    pytest.param(
        [Began("stage", "app-1", 18.0), Skipped("stage", "app-1", 19.0, "not its time")],
        ("acquired", "1-a", "healthy", 0.1),
        id="a step with nothing to do leaves no trace",
    ),
    pytest.param([STARTED], ("ready", "1-a → 2-b", "healthy", 1.5), id="ready beside the old one"),
    pytest.param(
        [STARTED, Began("shift", "edge-1", 18.0, 0), SHIFTED],
        ("serves", "2-b", "healthy", 1.5),
        id="an edge's shift makes a host serve",
    ),
    pytest.param(
        [STARTED, Began("shift", "edge-1", 18.0, 0), SHIFTED, BACK],
        ("serves", "1-a", "healthy", 1.5),
        id="an edge's way back makes it serve the old one",
    ),
    pytest.param(
        [_ended("drain", "edge-1", wave=0, result=_edge(app_1="", app_2="blue"))],
        ("acquired", "-", "healthy", 0.1),
        id="a host that stops first serves nothing meanwhile",
    ),
    pytest.param(
        [STARTED, SHIFTED, _ended("undo", "app-1", seconds=2.0), BACK],
        ("serves", "1-a", "healthy", 2.0),
        id="a host that stopped first comes back",
    ),
    pytest.param(
        [STARTED, BAD_BAKE],
        ("serves", "2-b", "healthy", 1.5),
        id="traffic that moved stays moved when the bake fails",
    ),
    pytest.param(
        [STARTED, BAD_BAKE, _ended("conclude", "app-1", result={"unlocked": False})],
        ("serves", "2-b", "healthy", 1.5),
        id="a failed bake that is held serves the new one",
    ),
    pytest.param(
        [STARTED, BAD_BAKE, BACK, _ended("conclude", "app-1", result={"unlocked": True})],
        ("serves", "1-a", "healthy", 1.5),
        id="a failed bake that went back serves the old one",
    ),
    pytest.param(
        [STARTED, BAD_BAKE, _ended("unshift", "edge-1", problem={"found": "no answer"})],
        ("serves", "2-b", "healthy", 1.5),
        id="a way back that was refused changes nothing",
    ),
    pytest.param(
        [STARTED, BAD_BAKE, _ended("unshift", "edge-1", problem={}, is_lost=True)],
        ("serves", "1-a or 2-b", "healthy", 1.5),
        id="an edge that is lost on the way back may do either",
    ),
    pytest.param(
        [STARTED, _ended("shift", "edge-1", wave=0, problem=BAKE, result=ALOOF)],
        ("serves", "1-a → 2-b", "healthy", 1.5),
        id="a shift that was refused before traffic moved leaves the old one",
    ),
    pytest.param(
        [STARTED, _ended("shift", "edge-1", wave=0, problem=BAKE, result=BROKEN)],
        ("serves", "1-a or 2-b", "healthy", 1.5),
        id="a shift that broke off may have moved",
    ),
    pytest.param(
        [STARTED, _ended("shift", "edge-1", wave=1, result=_edge(app_1="", app_2="green"))],
        ("ready", "→ 2-b", "healthy", 1.5),
        id="a host that left rotation serves nothing",
    ),
    pytest.param(
        [STARTED, _ended("conclude", "app-1", result={"unlocked": False})],
        ("serves", "1-a → 2-b", "healthy", 1.5),
        id="what is held beside the old one stays ready",
    ),
    pytest.param(
        [STARTED, _ended("conclude", "app-1", seconds=0.03)],
        ("serves", "1-a", "healthy", 1.5),
        id="what was ready and never served is gone at the end",
    ),
    pytest.param(
        [TROUBLE], ("failed: not ready", "1-a", "unhealthy", 3.0), id="trouble with its reason"
    ),
    pytest.param(
        [TROUBLE, _ended("conclude", "app-1", seconds=0.1)],
        ("failed: not ready", "1-a", "unhealthy", 3.0),
        id="trouble stays to the end",
    ),
    pytest.param([LOST], ("failed: cannot be reached", "1-a", "lost", 9.0), id="a lost host"),
]


@pytest.mark.parametrize(("updates", "cells"), CASES)
def test_a_row(updates: list[Update], cells: tuple[str, str, str, float | None]) -> None:
    assert _cells(_progress(*updates).rows["app-1"]) == cells


def test_edges_that_disagree_send_requests_to_either() -> None:
    edges = ("edge-1", "edge-2")
    acquired = [_ended("acquire", edge, result={"edge": OLD}) for edge in edges]
    asked: list[Update] = [Asked("deploy", ("app-1",), edges, 10.0), _acquired("app-1")]
    progress = reduce(Progress.after, [*asked, *acquired, PLANNED, SHIFTED], Progress())
    assert progress.rows["app-1"].version == "1-a or 2-b"
    second = _ended("shift", "edge-2", wave=0, result=NEW)
    assert progress.after(second).rows["app-1"].version == "2-b"


def test_without_an_edge_the_record_says_what_a_host_serves() -> None:
    concluded = _ended("conclude", "app-1", result={"unlocked": True, "serves": "2-b"})
    acquired = _ended("acquire", "edge-1", result={"edge": {"servers": []}})
    assert _progress(acquired, STARTED, concluded).rows["app-1"].version == "2-b"


def test_a_first_release_that_fails_serves_nowhere() -> None:
    asked: list[Update] = [ASKED, _ended("acquire", "app-1"), PLANNED, STARTED]
    result = {"unlocked": True, "serves": None}
    updates = [*asked, _ended("conclude", "app-1", result=result)]
    row = reduce(Progress.after, updates, Progress()).rows["app-1"]
    assert (row.words, row.version) == ("recorded", "-")


def test_a_step_without_its_own_seconds_took_as_long_as_it_was_seen() -> None:
    row = _progress(Began("settle", "edge-1", 17.0), _ended("settle", "edge-1")).rows["edge-1"]
    assert _cells(row) == ("settled", "-", "", 2.0)


def test_a_container_that_is_not_healthy_shows() -> None:
    assert _progress(_acquired("app-2", health="starting")).rows["app-2"].health == "starting"


def test_the_wave_that_moves_is_counted_from_one() -> None:
    assert _progress().wave == 0
    assert _progress(Began("shift", "edge-1", 18.0, 1)).wave == 2


def test_a_wave_that_does_not_move_does_not_count() -> None:
    skipped: list[Update] = [
        Began("shift", "edge-1", 18.0, 1),
        Skipped("shift", "edge-1", 18.0, wave=1),
    ]
    assert _progress(*skipped).wave == 0
    assert _progress(SHIFTED, *skipped).wave == 1


def test_a_host_that_nobody_named_is_no_row() -> None:
    progress = _progress(Began("read", "localhost", 1.0), _ended("read", "localhost"))
    assert list(progress.rows) == ["app-1", "app-2", "edge-1"]


FLEET = tuple(f"app-{number}" for number in range(1, 51))
SHOWN = [
    pytest.param(50, list(FLEET), id="all where there is room"),
    pytest.param(3, ["app-7", "app-30", "app-40"], id="trouble and motion, in the fleet's order"),
    pytest.param(2, ["app-30", "app-40"], id="trouble before motion"),
    pytest.param(5, ["app-1", "app-2", "app-7", "app-30", "app-40"], id="then the first others"),
]


@pytest.mark.parametrize(("count", "names"), SHOWN)
def test_the_rows_that_are_shown(count: int, names: list[str]) -> None:
    updates: list[Update] = [
        Asked("deploy", FLEET, (), 0.0),
        Began("stage", "app-7", 1.0),
        _ended("stage", "app-40", problem={"found": "no disk"}),
        _ended("stage", "app-30", problem={"found": "no disk"}),
    ]
    progress = reduce(Progress.after, updates, Progress())
    assert [row.host for row in progress.shown(count)] == names
