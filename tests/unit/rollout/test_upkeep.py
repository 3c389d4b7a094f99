"""What a prune asks of each host, and what keeps it from acting anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.rollout.journal import Event, Journal
from rollway.rollout.upkeep import PRUNE_ACT, PRUNE_LOOK, upkeep_calls
from tests.unit.rollout.fleet_fixtures import request

LOCKED = {"where": "lock.json", "found": "locked by deploy", "next": "wait for it"}


def looked(number: int = 1, **result: Any) -> Event:
    """A host that has a release too many."""
    found = {"ok": True, "releases": ["1-a"], "images": [], "slots": [], **result}
    return Event(PRUNE_LOOK, f"app-{number}", ok=bool(found["ok"]), result=found)


def _asked(tmp_path: Path, *events: Event, **changes: Any) -> Any:
    journal = Journal(tmp_path)
    for event in events:
        journal.append(event)
    asked = request("prune", keep=3, **changes)
    return upkeep_calls(asked, journal, step=PRUNE_ACT, host="app-1")


def test_every_app_host_is_asked_to_look_first(tmp_path: Path) -> None:
    asked, journal = request("prune", keep=3), Journal(tmp_path)
    calls = upkeep_calls(asked, journal, step=PRUNE_LOOK, host="app-1")
    assert not isinstance(calls, str)
    arguments = calls[0].arguments
    assert {name: arguments[name] for name in ("step", "mode", "retention", "kind")} == {
        "step": "prune",
        "mode": "read",
        "retention": 3,
        "kind": "app",
    }
    edge = upkeep_calls(asked, journal, step=PRUNE_LOOK, host="edge-1")
    assert edge == "it keeps no releases, or is outside the limit"


def test_a_host_with_something_to_remove_is_asked_to(tmp_path: Path) -> None:
    calls = _asked(tmp_path, looked(), looked(2))
    assert [call.arguments["mode"] for call in calls] == ["lock"]


SKIPS: list[Any] = [
    pytest.param([looked(releases=[])], {}, "there is nothing to remove", id="nothing there"),
    pytest.param([looked()], {"reads_only": True}, "it was only asked to look", id="check mode"),
    pytest.param([looked(ok=False)], {}, "it did not answer", id="a host that failed"),
    pytest.param([looked(2)], {}, "it did not answer", id="a host that was not reached"),
    pytest.param(
        [looked(), looked(2, would_refuse=LOCKED)],
        {},
        "the request is refused",
        id="a lock on another host",
    ),
]


@pytest.mark.parametrize(("events", "changes", "why"), SKIPS)
def test_why_a_host_is_left_alone(
    events: list[Event], changes: dict[str, Any], why: str, tmp_path: Path
) -> None:
    assert _asked(tmp_path, *events, **changes) == why
