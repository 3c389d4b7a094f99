"""The verb `maintenance`: what edges are asked, what is refused, how it ends, and who says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.report.maintenance import page_lines, page_result
from rollway.rollout.journal import Event, Journal
from rollway.rollout.maintenance import maintenance_calls, page_notes
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from rollway.rollout.request import Request
from tests.unit.rollout.fleet_fixtures import request, steady_fleet

EDGES = ("edge-1", "edge-2")
WHICH = "--env=local --app=iris"
PAGE = {
    "retry_seconds": 120,
    "run": "r-1",
    "owner": "ana@laptop",
    "since": "2026-01-31T12:00:00Z",
    "reason": "moving",
}
LOST = {"msg": "timed out"}
PROBLEM = {"found": "No space left on device"}


def _asked(switch: str = "on", **changes: Any) -> Request:
    run = {"id": "r-1", "verb": "maintenance", "reason": "moving", "owner": "ana@laptop"}
    values = {"switch": switch, "retry_seconds": 120, "edges": list(EDGES), **changes}
    return request("maintenance", run={**run, "started": "2026-01-31T12:00:00Z"}, **values)


def _seen(page: dict[str, Any] | None = None, **changes: Any) -> list[Event]:
    result = {"maintenance": page, "has_page": True, "backend": {"ready": "/"}, **changes}
    return [Event("inspect", name, result=result) for name in EDGES]


def _done(
    *failed: str, step: str = "maintain", changed: bool = True, page: Any = None
) -> list[Event]:
    good = {"changed": changed, "maintenance": page}
    return [
        Event(step, name, ok=False, result={"problem": PROBLEM})
        if name in failed
        else Event(step, name, result=good)
        for name in EDGES
    ]


def _lost(step: str, name: str) -> Event:
    return Event(step, name, ok=False, unreachable=True, result=LOST)


OFF, ON_AGAIN = f"./invoke maintenance off {WHICH}", f"./invoke maintenance on {WHICH}"
ENDS = [
    pytest.param(
        _asked(), [*_seen(), *_done(page=PAGE)], exits.DONE, "maintenance is on", OFF, id="on"
    ),
    pytest.param(
        _asked(), [*_seen(PAGE), *_done(changed=False, page=PAGE)], exits.DONE,
        "maintenance is on already", OFF, id="on a second time",
    ),
    pytest.param(
        _asked("off"), [*_seen(PAGE), *_done()], exits.DONE, "maintenance is off", "", id="off"
    ),
    pytest.param(
        _asked(reads_only=True), [*_seen(), *_done()], exits.DONE, "maintenance would be on", OFF,
        id="only to look",
    ),
    pytest.param(
        _asked(), [_seen()[0], _lost("inspect", "edge-2")], exits.REFUSED,
        "refused; nothing was changed", "mend edge-2, then run this again", id="an edge away",
    ),
    pytest.param(
        _asked(), _seen(has_page=False), exits.REFUSED, "refused; nothing was changed",
        "./invoke provision --env=local, then this again", id="edges of an older version",
    ),
    pytest.param(
        _asked(), _seen(backend=None), exits.REFUSED, "refused; nothing was changed",
        f"./invoke deploy {WHICH}", id="an application that no edge knows",
    ),
    pytest.param(
        _asked("off"), [*_seen(backend=None), *_done(changed=False)], exits.DONE,
        "maintenance is off already", "", id="off for an application that no edge knows",
    ),
    pytest.param(
        _asked(), [*_seen(), *_done("edge-2"), *_done(step="restore")], exits.FAILED,
        "maintenance is not on: every edge is as it was", ON_AGAIN, id="an edge that fails",
    ),
    pytest.param(
        _asked(),
        [*_seen(), *_done(), _lost("maintain", "edge-2"), *_done(step="restore"),
         _lost("restore", "edge-2")],
        exits.NEEDS_PERSON, "maintenance is not on everywhere, and edge-2 may be", ON_AGAIN,
        id="an edge lost on the way",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "events", "code", "sentence", "following"), ENDS)
def test_ends(
    asked: Request, events: list[Event], code: int, sentence: str, following: str
) -> None:
    found = page_result(asked, events)
    assert (found["exit"], found["sentence"], found["next"]) == (code, sentence, following)


def test_says_what_each_edge_answers() -> None:
    lines = page_lines(page_result(_asked(), [*_seen(), *_done(page=PAGE)]))
    told = "503, Retry-After 120 since 2026-01-31T12:00:00Z by ana@laptop: moving"
    assert lines == [
        "iris on local: maintenance is on",
        f"  edge-1: {told}",
        f"  edge-2: {told}",
        f"  next: {OFF}",
    ]


def _journal(folder: Path, events: list[Event]) -> Journal:
    journal = Journal(folder)
    for event in events:
        journal.append(event)
    return journal


SKIPS = [
    pytest.param("maintain", [_lost("inspect", "edge-1")], "the request is refused", id="refused"),
    pytest.param("restore", [*_seen(), *_done()], "every edge is as asked", id="nothing failed"),
]


@pytest.mark.parametrize(("step", "events", "reason"), SKIPS)
def test_asks_nothing(step: str, events: list[Event], reason: str, tmp_path: Path) -> None:
    journal = _journal(tmp_path, events)
    assert maintenance_calls(_asked(), journal, step=step, host="edge-1") == reason


BEFORE = [
    pytest.param(None, {**PAGE, "state": "off"}, id="no page"),
    pytest.param(
        {**PAGE, "run": "r-0", "retry_seconds": 60},
        {**PAGE, "state": "on", "run": "r-0", "retry_seconds": 60},
        id="another page",
    ),
]


@pytest.mark.parametrize(("page", "told"), BEFORE)
def test_an_edge_gets_back_what_it_had(
    page: dict[str, Any] | None, told: dict[str, Any], tmp_path: Path
) -> None:
    journal = _journal(tmp_path, [*_seen(page), *_done("edge-2")])
    calls = maintenance_calls(_asked(), journal, step="restore", host="edge-1")
    assert not isinstance(calls, str)
    assert calls[0].arguments["maintenance"] == told


def test_the_place_of_the_audit_is_that_of_the_lock(tmp_path: Path) -> None:
    journal = _journal(tmp_path, _seen())
    alone = maintenance_calls(_asked(), journal, step="maintain", host="edge-1")
    both = _asked(edges=["app-1"])
    beside = maintenance_calls(both, journal, step="inspect", host="app-1")
    calls = [one[0] for one in (alone, beside) if not isinstance(one, str)]
    roots = [call.arguments["lock_root"] for call in calls]
    assert roots == ["/var/lib/rollway-edge", "/var/lib/rollway"]


def test_a_deploy_says_that_users_get_a_page() -> None:
    acquired = steady_fleet()
    acquired["edge-1"].result["edge"]["maintenance"] = PAGE
    note = (
        "edge-1: maintenance is on since 2026-01-31T12:00:00Z by ana@laptop: moving; "
        f"users come back with {OFF}"
    )
    assert page_notes(request(), acquired.values()) == [note]
    plan = decide(request(), acquired)
    assert plan.refusal is None
    assert note in preview(plan, request(), acquired)["warnings"]
    assert page_notes(request(), steady_fleet().values()) == []


def test_every_edge_is_told_which_environment_asks(tmp_path: Path) -> None:
    asked = _asked()
    asked.run["env"] = "staging"
    journal = Journal(tmp_path)
    for step in ("inspect", "maintain"):
        found = maintenance_calls(asked, journal, step=step, host="edge-1")
        assert not isinstance(found, str), found
        assert found[0].arguments["env"] == "staging"
        for event in _seen():
            journal.append(event)
