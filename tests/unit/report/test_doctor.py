from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.cli.doctor import show
from rollway.report.doctor import fleet_doctor
from rollway.rollout.doctor import DOCTOR_ACT, DOCTOR_LOOK
from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import request

NAMED = "--env=local --app=iris"
LEFTOVER = {
    "kind": "container",
    "where": "0123456789ab_iris",
    "found": "left by Compose",
    "fix": "removes it",
    "next": "",
}
BY_HAND = {**LEFTOVER, "where": "mine", "fix": "", "next": "docker rm --force mine"}
LOCKED = {"where": "lock.json", "found": "locked by deploy", "accepted": "", "next": "wait for it"}
LOST = Event(DOCTOR_LOOK, "app-3", ok=False, unreachable=True, result={"msg": "timeout"})


def look(*findings: Any, **result: Any) -> list[Event]:
    """Every host is well but for what the first found."""
    names = ("app-1", "app-2", "app-3", "edge-1")
    well = [Event(DOCTOR_LOOK, name, result={"ok": True, "findings": []}) for name in names[1:]]
    told = {"ok": True, "findings": list(findings), **result}
    return [Event(DOCTOR_LOOK, "app-1", result=told), *well]


def act(left: list[Any], repaired: list[Any], **result: Any) -> Event:
    told = {"ok": True, "findings": left, "repaired": repaired, **result}
    return Event(DOCTOR_ACT, "app-1", ok=bool(told["ok"]), result=told)


REFUSED = Event(
    DOCTOR_ACT, "app-1", ok=False, result={"ok": False, "outcome": "locked", "problem": LOCKED}
)
ENDS: list[Any] = [
    pytest.param(look(), False, (exits.DONE, "nothing found"), id="a fleet that is well"),
    pytest.param(look(LEFTOVER), False, (exits.DRIFT, "1 found"), id="without --fix"),
    pytest.param(
        [*look(LEFTOVER), act([], [LEFTOVER])],
        True,
        (exits.DONE, "1 repaired, nothing left"),
        id="all repaired",
    ),
    pytest.param(
        [*look(LEFTOVER, BY_HAND), act([BY_HAND], [LEFTOVER])],
        True,
        (exits.DRIFT, "1 repaired, 1 left"),
        id="one for a person",
    ),
    pytest.param(
        look(LEFTOVER, would_refuse=LOCKED),
        True,
        (exits.LOCKED, "refused; nothing was changed"),
        id="a run at work",
    ),
    pytest.param(
        look(LEFTOVER, would_refuse=LOCKED), False, (exits.DRIFT, "1 found"), id="beside a run"
    ),
    pytest.param([*look(LEFTOVER), REFUSED], True, (exits.LOCKED, "1 found"), id="a run won"),
    pytest.param(
        [*look(), LOST],
        False,
        (exits.REFUSED, "nothing found, but 1 did not answer"),
        id="a host that did not answer",
    ),
    pytest.param([*look(LEFTOVER), LOST], False, (exits.DRIFT, "1 found"), id="both"),
    pytest.param(
        [*look(LEFTOVER), act([], [LEFTOVER]), LOST],
        True,
        (exits.NEEDS_PERSON, "1 repaired, nothing left, but 1 did not answer"),
        id="all repaired, and a host that did not answer",
    ),
]


@pytest.mark.parametrize(("events", "is_fix", "end"), ENDS)
def test_how_a_doctor_ends(events: list[Event], is_fix: bool, end: Any) -> None:
    found = fleet_doctor(request("doctor", reads_only=not is_fix), events)
    assert (found["exit"], found["sentence"]) == end
    assert found["fix"] is is_fix


NEXT: list[Any] = [
    pytest.param(LEFTOVER, f"./invoke doctor {NAMED} --fix", id="what a repair mends"),
    pytest.param(BY_HAND, "on app-1: docker rm --force mine", id="what is typed on the host"),
    pytest.param(
        {**BY_HAND, "next": "./invoke provision"}, "./invoke provision", id="a verb of ours"
    ),
]


@pytest.mark.parametrize(("finding", "command"), NEXT)
def test_each_finding_has_its_next_command(
    finding: dict[str, str], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = fleet_doctor(request("doctor", reads_only=True), look(finding, remarks=["nearly full"]))
    assert [one["next"] for one in found["findings"]] == [command]
    assert show(found, as_json=False) == exits.DRIFT
    captured = capsys.readouterr()
    assert f"next: {command}\niris on local: 1 found\n" in captured.out
    assert captured.err == "app-1: nearly full\n"
