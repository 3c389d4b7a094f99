"""The verb `remove`: the edges first, then the hosts, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.removal import removal_result
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.interrupted import interruption
from rollway.rollout.journal import Event, Journal
from rollway.rollout.plan import Plan
from rollway.rollout.planning import decide
from rollway.rollout.removal import removal_calls
from rollway.rollout.request import Request
from tests.unit.rollout.fleet_fixtures import request, steady_fleet

HOSTS = ("app-1", "app-2", "app-3", "edge-1")
WHICH = "--env=local --app=iris"
AGAIN = f"./invoke remove {WHICH} --yes"
LOST: dict[str, Any] = {"ok": False, "unreachable": True, "result": {"msg": "timed out"}}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "Input/output error"}}}
VACATED = Event("vacate", "edge-1", result={"changed": True})
SIGNAL = interruption("SIGTERM")
KNEW_NOTHING = Event("vacate", "edge-1", result={"changed": False})


def _asked(**changes: Any) -> tuple[Request, Plan]:
    asked = request("remove", **changes)
    return asked, decide(asked, steady_fleet())


def _removed(*, found: bool = True, **more: Any) -> list[Event]:
    result = {"found": found, "volumes": [], "cut": {}, **more}
    return [Event("remove", name, result=result) for name in HOSTS]


def _recorded(*hosts: str) -> list[Event]:
    return [Event("record", name) for name in hosts]


def _told(tmp_path: Path, step: str, host: str, *events: Event, **changes: Any) -> Any:
    asked, plan = _asked(**changes)
    journal = Journal(tmp_path)
    for event in events:
        journal.append(event)
    found = removal_calls(asked, journal, step=step, host=host, plan=plan)
    return found if isinstance(found, str) else found[0]


def test_the_edge_forgets_it_under_the_lock(tmp_path: Path) -> None:
    call = _told(tmp_path, "vacate", "edge-1")
    assert (call.module, call.arguments["step"]) == ("haproxy_backend", "remove")
    assert (call.arguments["generation"], call.arguments["lock_root"]) == (
        2,
        "/var/lib/rollway-edge",
    )


STAYS = [
    pytest.param([], id="an edge that was not asked"),
    pytest.param([Event("vacate", "edge-1", **LOST)], id="an edge that was lost"),
    pytest.param([Event("vacate", "edge-1", **FAILED)], id="an edge that failed"),
]


@pytest.mark.parametrize("events", STAYS)
def test_no_host_stops_anything_before_every_edge_has(events: list[Event], tmp_path: Path) -> None:
    for host in HOSTS:
        assert _told(tmp_path, "remove", host, *events) == "edge-1 may still send requests"
    assert _told(tmp_path, "leave", "app-1").arguments["outcome"] == "aborted"


@pytest.mark.parametrize("volumes", [False, True])
def test_a_host_is_told_whether_volumes_go(volumes: bool, tmp_path: Path) -> None:
    call = _told(tmp_path, "remove", "app-2", VACATED, volumes=volumes)
    assert (call.arguments["step"], call.arguments["kind"]) == ("remove", "app")
    assert call.arguments["volumes"] is volumes
    assert call.arguments["record"]["found"] is True


def test_what_is_removed_needs_no_unlocking(tmp_path: Path) -> None:
    assert _told(tmp_path, "leave", "app-1", VACATED, *_removed()) == "it is unlocked"
    failed = Event("remove", "app-2", **FAILED)
    assert _told(tmp_path, "leave", "app-2", failed).arguments["outcome"] == "aborted"


def test_after_a_signal_every_host_records_and_unlocks(tmp_path: Path) -> None:
    asked, plan = _asked()
    asked.save(tmp_path)
    plan.save(tmp_path)
    for event in (VACATED, SIGNAL):
        Journal(tmp_path).append(event)
    for name in HOSTS:
        work = work_for(tmp_path, step="record", host=name)
        assert not isinstance(work, Skip), work.reason
        told = work[0].arguments
        assert (told["step"], told["outcome"], told["kind"]) == (
            "conclude",
            "aborted",
            "edge" if name == "edge-1" else "app",
        )
        assert (told["record"]["verb"], told["record"]["release"]) == ("remove", None)


def test_only_to_look_changes_nothing(tmp_path: Path) -> None:
    for step in ("vacate", "remove", "leave"):
        found = _told(tmp_path, step, "edge-1", reads_only=True)
        assert found == "it was not acquired, and nothing is changed there"


def test_what_is_locked_is_left_alone_and_unlocked_elsewhere(tmp_path: Path) -> None:
    held = Event("acquire", "app-2", ok=False, result={"outcome": "locked", "problem": {}})
    asked = request("remove")
    plan = decide(asked, {**steady_fleet(), "app-2": held})
    journal = Journal(tmp_path)
    told = removal_calls(asked, journal, step="vacate", host="edge-1", plan=plan)
    assert told == "the request is refused"
    left = removal_calls(asked, journal, step="leave", host="app-1", plan=plan)
    assert not isinstance(left, str)
    assert left[0].arguments["record"]["result"] == "refused"
    assert removal_result(asked, plan, [])["exit"] == exits.LOCKED


ENDS = [
    pytest.param(
        {}, [VACATED, *_removed()], ("removed", exits.DONE),
        "iris has left app-1..app-3, edge-1", f"./invoke audit {WHICH}", id="gone",
    ),
    pytest.param(
        {}, [KNEW_NOTHING, *_removed(found=False)], ("nothing", exits.DONE),
        "there is nothing of iris on app-1..app-3, edge-1", "", id="a second time",
    ),
    pytest.param(
        {}, [KNEW_NOTHING, *_removed()], ("removed", exits.DONE),
        "iris has left app-1..app-3, edge-1", f"./invoke audit {WHICH}", id="continued",
    ),
    pytest.param(
        {"reads_only": True}, [], ("planned", exits.DONE),
        "iris would leave app-1..app-3, edge-1", AGAIN, id="only to look",
    ),
    pytest.param(
        {"volumes": True}, [Event("vacate", "edge-1", **LOST)], ("broken", exits.NEEDS_PERSON),
        "iris is still at edge-1, so no host stopped anything", f"{AGAIN} --volumes",
        id="an edge that was lost",
    ),
    pytest.param(
        {}, [SIGNAL, *_recorded("edge-1", *HOSTS)], ("aborted", exits.TERMINATED),
        "interrupted by SIGTERM; iris is still at edge-1, so no host stopped anything", AGAIN,
        id="a signal before the edges had let it go",
    ),
    pytest.param(
        {}, [VACATED, *_removed()[1:], SIGNAL, *_recorded("edge-1")],
        ("aborted", exits.TERMINATED),
        "interrupted by SIGTERM; iris has left the edges, and is still on app-1; "
        "not recorded on app-1", AGAIN, id="a signal, and a host that does not answer",
    ),
    pytest.param(
        {}, [VACATED, *_removed(), SIGNAL], ("removed", exits.DONE),
        "iris has left app-1..app-3, edge-1", f"./invoke audit {WHICH}",
        id="a signal when all was done",
    ),
    pytest.param(
        {}, [VACATED, *_removed(), Event("remove", "app-2", **FAILED)],
        ("broken", exits.NEEDS_PERSON), "iris has left the edges, and is still on app-2", AGAIN,
        id="a host that failed",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "events", "ended", "sentence", "following"), ENDS)
def test_ends(
    asked: dict[str, Any],
    events: list[Event],
    ended: tuple[str, int],
    sentence: str,
    following: str,
) -> None:
    found = removal_result(*_asked(**asked), events)
    assert (found["outcome"], found["exit"]) == ended
    assert (found["sentence"], found["next"]) == (sentence, following)


def test_says_what_stays_and_what_was_cut() -> None:
    events = [VACATED, *_removed(volumes=["iris_data"], cut={"iris-blue-api-1-1": 2})[:1]]
    assert removal_result(*_asked(), events)["notes"] == [
        "volumes stay: iris_data",
        "app-1: 2 connections cut",
    ]
