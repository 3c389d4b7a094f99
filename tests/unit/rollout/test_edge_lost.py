"""What the ledger knows of a fleet whose edge vanished in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event, Journal
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet

MOVED: dict[str, Any] = {
    "servers": [
        {"host": "app-1", "slot": "green", "admin_state": "ready"},
        {"host": "app-2", "slot": "blue", "admin_state": "ready"},
        {"host": "app-3", "slot": "blue", "admin_state": "ready"},
    ]
}
LOST: dict[str, Any] = {"ok": False, "unreachable": True, "result": {"msg": "gone"}}
CUT: dict[str, Any] = {"cut": {}}


def _conclusion(run_dir: Path, *later: Event, failure_action: str = "pause") -> dict[str, Any]:
    """Wave 1 moved app-1 to green; then the edge is lost."""
    base = manifest("b")
    rollout = {**base["rollout"], "failure_action": failure_action}
    asked = request(manifest={**base, "rollout": rollout})
    asked.save(run_dir)
    decide(asked, steady_fleet()).save(run_dir)
    journal = Journal(run_dir)
    for event in (
        Event("stage", "app-1", result=CUT),
        Event("shift", "edge-1", wave=0, result=MOVED),
        Event("advance", "app-2", result=CUT),
        Event("advance", "app-3", result=CUT),
        Event("shift", "edge-1", wave=1, **LOST),
        *later,
    ):
        journal.append(event)
    work = work_for(run_dir, step="conclude", host="app-1")
    assert not isinstance(work, Skip)
    return work[0].arguments


def test_a_hold_records_the_slot_that_a_lost_edge_was_last_seen_to_use(tmp_path: Path) -> None:
    assert _conclusion(tmp_path)["active_slot"] == "green"


def test_no_slot_stops_that_a_lost_edge_may_still_use(tmp_path: Path) -> None:
    back = Event("unshift", "edge-1", **LOST)
    concluded = _conclusion(tmp_path, back, failure_action="rollback")
    assert concluded["outcome"] == "aborted"
    assert concluded["active_slot"] == "green"
