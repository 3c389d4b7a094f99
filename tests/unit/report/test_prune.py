from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.cli.prune import show
from rollway.report.prune import fleet_prune
from rollway.rollout.journal import Event
from rollway.rollout.upkeep import PRUNE_ACT, PRUNE_LOOK
from tests.unit.rollout.fleet_fixtures import request

LOCKED = {"where": "lock.json", "found": "locked by deploy", "accepted": "", "next": "wait for it"}
AGAIN = "./invoke prune --env=local --app=iris --keep=3"


def _event(step: str, number: int, **result: Any) -> Event:
    found = {"ok": True, "releases": [], "images": [], "slots": [], "kept": ["2-b"], **result}
    return Event(step, f"app-{number}", ok=bool(found["ok"]), result=found)


def look(number: int, *releases: str, **result: Any) -> Event:
    return _event(PRUNE_LOOK, number, releases=list(releases), bytes=50, **result)


def act(number: int, *releases: str, **result: Any) -> Event:
    return _event(PRUNE_ACT, number, releases=list(releases), bytes=40, **result)


LOST = Event(PRUNE_LOOK, "app-3", ok=False, unreachable=True, result={"msg": "timeout"})
ALL = [look(1, "1-a"), look(2), look(3)]
ENDS: list[Any] = [
    pytest.param(
        [*ALL, act(1, "1-a")],
        {},
        (exits.DONE, "freed 140 bytes on 3 hosts", ""),
        id="what went, measured where it went",
    ),
    pytest.param(
        ALL,
        {"reads_only": True},
        (exits.DONE, "would free up to 150 bytes on 3 hosts", ""),
        id="check mode",
    ),
    pytest.param(
        [look(1), look(2), look(3)],
        {},
        (exits.DONE, "nothing to remove on 3 hosts", ""),
        id="nothing to remove",
    ),
    pytest.param(
        [look(1, "1-a"), look(2, would_refuse=LOCKED), look(3)],
        {},
        (exits.LOCKED, "refused; nothing was removed", "wait for it"),
        id="another run's lock",
    ),
    pytest.param(
        [look(1, "1-a", would_refuse=LOCKED), look(2), look(3)],
        {"reads_only": True},
        (exits.DONE, "would free up to 150 bytes on 3 hosts", ""),
        id="check mode beside a run",
    ),
    pytest.param(
        [*ALL, act(1, ok=False, outcome="locked", problem=LOCKED)],
        {},
        (exits.LOCKED, "nothing to remove on 2 hosts", "wait for it"),
        id="a run that was faster",
    ),
    pytest.param(
        [look(1, "1-a"), look(2), LOST, act(1, "1-a")],
        {},
        (exits.NEEDS_PERSON, "freed 90 bytes on 2 hosts", f"mend app-3, then {AGAIN}"),
        id="a host that did not answer",
    ),
]


@pytest.mark.parametrize(("events", "changes", "end"), ENDS)
def test_how_a_prune_ends(events: list[Event], changes: dict[str, Any], end: Any) -> None:
    found = fleet_prune(request("prune", keep=3, **changes), events)
    assert (found["exit"], found["sentence"], found["next"]) == end


def test_what_went_is_shown_and_who_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    events = [look(1, "1-a"), look(2), LOST, act(1, "1-a", images=["r/iris@sha256:1"])]
    found = fleet_prune(request("prune", keep=3), events)
    assert show(found, as_json=False) == exits.NEEDS_PERSON
    captured = capsys.readouterr()
    assert "1-a" in captured.out
    assert captured.out.endswith("iris on local: freed 90 bytes on 2 hosts\n")
    assert captured.err == f"app-3: did not answer: timeout\nnext: mend app-3, then {AGAIN}\n"


def test_without_any_answer_nothing_is_known() -> None:
    found = fleet_prune(request("prune", keep=3), [])
    assert (found["exit"], len(found["lost"])) == (exits.REFUSED, 3)
