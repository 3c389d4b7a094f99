"""The deploy of a release with jobs, run for real over hosts that agree to everything."""

from __future__ import annotations

from pathlib import Path

from rollway import exits
from rollway.rollout.journal import Event
from tests.unit.playbooks.agreeing import NAMES, deploy


def _order(events: list[Event], *steps: str) -> list[tuple[str, str]]:
    return [(event.step, event.host) for event in events if event.step in steps]


def test_jobs_run_between_the_stage_of_all_and_the_start_of_any(tmp_path: Path) -> None:
    late = {"when": "after_traffic", "hosts": "app-2"}
    ran = deploy(tmp_path, jobs={"migrate": {}, "tidy": late})
    assert ran.result["exit"] == exits.DONE, ran.result
    assert ran.failures == []
    steps = [step for step, _ in _order(ran.events, "stage", "jobs", "start", "shift", "late_jobs")]
    assert steps == [*["stage"] * 4, "jobs", "start", *["shift"] * 3, "late_jobs"]
    assert _order(ran.events, "jobs", "start") == [("jobs", "app-1"), ("start", "app-1")]
    assert _order(ran.events, "late_jobs") == [("late_jobs", "app-2")]
    started = [event.host for event in ran.events if "cut" in event.result]
    assert sorted(started) == list(NAMES)
    assert {one["job"] for one in ran.result["jobs"] if one["done"]} == {"migrate", "tidy"}


def test_without_jobs_the_first_wave_starts_while_it_is_staged(tmp_path: Path) -> None:
    ran = deploy(tmp_path)
    assert ran.result["exit"] == exits.DONE, ran.result
    assert ran.failures == []
    assert _order(ran.events, "jobs", "start", "late_jobs") == []
    staged = [one.host for one in ran.events if one.step == "stage" and "cut" in one.result]
    assert staged == ["app-1"]


def test_a_job_that_fails_ends_the_run_before_anything_starts(tmp_path: Path) -> None:
    ran = deploy(tmp_path, fails=("app-1", "jobs"), jobs={"migrate": {}})
    assert ran.result["exit"] == exits.FAILED
    assert [event.host for event in ran.events if "cut" in event.result] == []
    assert _order(ran.events, "shift", "start") == []
