"""A `scale` that was killed, signalled or held: what goes on with it, and what leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollway.report.result import write_report
from rollway.rollout.interrupted import begins, interruption
from rollway.rollout.journal import Journal
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import request, steady_fleet
from tests.unit.rollout.run_folder import calls_of, outcome_of
from tests.unit.rollout.scale_fixtures import (
    AGAIN,
    HOSTS,
    SCALE_RUN,
    WHICH,
    asked_scale,
    killed,
    offer,
    phase_at,
    plan_scale,
    two,
)


def test_one_that_was_killed_is_done_again() -> None:
    plan = decide(asked_scale(), offer(killed()))
    assert (plan.refusal, plan.release_id) == (None, "2-a")
    assert {one.action for one in plan.hosts.values()} == {"shift"}


def test_edges_get_to_know_what_a_killed_one_had_started(tmp_path: Path) -> None:
    plan = plan_scale(tmp_path, offer(killed()))
    (loaded,) = calls_of(tmp_path, "stage", "edge-1")
    assert (plan.hosts_to_start, loaded["step"], len(loaded["servers"])) == ([], "load", 18)


def test_one_that_was_killed_while_it_was_recorded_is_done_again() -> None:
    acquired = two()
    acquired["app-3"] = killed()["app-3"]
    plan = decide(asked_scale(), offer(acquired))
    assert (plan.refusal, plan.release_id) == (None, "2-a")
    assert plan.waves == [["app-3"]]
    assert plan.scale["before"] == 1


def test_one_that_was_killed_before_any_host_had_it_is_done_again() -> None:
    plan = decide(asked_scale(), offer(phase_at(steady_fleet(), SCALE_RUN, "2-a")))
    assert (plan.refusal, plan.release_id) == (None, "2-a")


def test_one_that_had_only_its_lock_is_done_again() -> None:
    plan = decide(asked_scale(), offer(phase_at(steady_fleet(), SCALE_RUN, None)))
    assert plan.refusal is None


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_one_that_was_killed_is_left(verb: str) -> None:
    back = decide(request(verb), killed())
    assert (back.refusal, back.release_id, back.voids) == (None, "1-a", ["2-a"])


def test_a_signal_says_what_goes_on_and_what_back(tmp_path: Path) -> None:
    plan = plan_scale(tmp_path, offer(steady_fleet()))
    ended = outcome_of(tmp_path, plan, interruption("SIGTERM"))
    assert ended.next_command == f"{AGAIN} continues, ./invoke abort {WHICH} goes back"
    assert begins(plan, "app-1")


def test_a_signal_before_the_plan_says_the_same_command(tmp_path: Path) -> None:
    asked_scale().save(tmp_path)
    Journal(tmp_path).append(interruption("SIGTERM"))
    assert write_report(tmp_path)["next"] == AGAIN


def test_a_pause_after_failures_holds_it_and_its_jobs_are_done() -> None:
    acquired = offer(steady_fleet())
    for name in HOSTS:
        made = acquired[name].result["scaled"]["1-a"]["release"]
        made["rollout"] = {**made["rollout"], "failure_action": "pause"}
    plan = decide(asked_scale(), acquired)
    assert (plan.holds, plan.jobs) == (True, [])


def test_a_restart_names_the_verb_that_was_interrupted() -> None:
    plan = decide(request("restart"), killed())
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["next"].startswith(f"./invoke scale {WHICH} again")
