"""Beside a run at work, what only looks says so, and calls nothing interrupted."""

from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import request, steady_fleet
from tests.unit.rollout.scale_fixtures import asked_scale, offer

PHASE = {"run": "20260131T120000Z-deploy-1a2b3c", "step": "start", "since": "", "release": "2-b"}
FOUND = "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run run-9), which is at work"


def _fleet(*, process: str = "at work") -> dict[str, Event]:
    """A deploy of 2-b has entered its start on every host, and has its lock there."""
    acquired = offer(steady_fleet())
    lock = {"id": PHASE["run"], "owner": "ana@laptop"}
    for name, event in acquired.items():
        refusal = {"where": "lock.json", "found": FOUND, "accepted": "", "next": ""}
        known = {"lock": lock, "process": process, "would_refuse": refusal, "hold": None}
        event.result.update(known if process != "gone" else {**known, "would_refuse": None})
        if name != "edge-1":
            event.result["state"]["phase"] = PHASE
    return acquired


VERBS = [
    pytest.param(asked_scale(reads_only=True), id="scale"),
    *(
        pytest.param(request(verb, reads_only=True), id=verb)
        for verb in ("restart", "rollback", "abort", "promote", "remove")
    ),
]


@pytest.mark.parametrize("asked", VERBS)
def test_a_verb_that_judges_what_was_done_is_refused(asked: Any) -> None:
    plan = decide(asked, dict(reversed(_fleet().items())))
    assert plan.refusal is not None
    assert (plan.refusal.exit_code, plan.waves, plan.hosts) == (exits.LOCKED, [], {})
    hosts = [one["host"] for one in plan.refusal.problems]
    assert hosts == ["app-1", "app-2", "app-3", "edge-1"]
    problem = plan.refusal.problems[0]
    assert (problem["found"], problem["next"]) == (FOUND, "wait for it (--wait-lock=600)")


def test_where_it_may_be_at_work_the_way_out_is_named_as_well() -> None:
    plan = decide(asked_scale(reads_only=True), _fleet(process="elsewhere"))
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["next"] == (
        "wait for it (--wait-lock=600); if laptop is gone for good, ./invoke lock.release "
        f"--env=local --app=iris --run={PHASE['run']}"
    )


def test_a_deploy_is_planned_and_warned_of() -> None:
    plan = decide(request(reads_only=True), _fleet())
    assert plan.refusal is None
    assert plan.waves


def test_a_killed_run_is_called_interrupted() -> None:
    plan = decide(asked_scale(reads_only=True), _fleet(process="gone"))
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems[0]["found"] == "2-b was interrupted"


def test_a_host_that_is_lost_comes_first() -> None:
    acquired = _fleet()
    acquired["app-2"] = Event("acquire", "app-2", ok=False, unreachable=True)
    plan = decide(asked_scale(reads_only=True), acquired)
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
