"""The way back past jobs, which no rollback undoes."""

from __future__ import annotations

from typing import Any

import pytest

from rollway import exits
from rollway.rollout import outcome
from rollway.rollout.journal import Event
from rollway.rollout.ledger import fold
from rollway.rollout.planning import decide
from rollway.rollout.preview import preview
from rollway.rollout.verdict import judge_end
from tests.unit.rollout.fleet_fixtures import acquired_edge, acquired_host, fleet, release, request
from tests.unit.rollout.jobs_fixtures import (
    DONE,
    FAILED,
    HOSTS,
    OPEN,
    WITHOUT_FIRST,
    held,
    job,
    knowing,
    second_fleet,
)


def serving_second(**changes: Any) -> dict[str, Event]:
    """Three hosts that serve 2-b, which had a job, and have 1-a warm."""
    releases = {"1-a": release("a"), "2-b": release("b")}
    both: dict[str, Any] = {"active": "green", "blue": "1-a", "green": "2-b", "releases": releases}
    hosts = [acquired_host(f"app-{number}", warm="blue", **both) for number in (1, 2, 3)]
    for event in hosts:
        event.result["manifests"]["2-b"]["jobs"] = [job(**changes)]
    return fleet(*hosts, acquired_edge(*[(host.host, "green") for host in hosts]))


def test_going_back_past_a_job_needs_a_yes() -> None:
    acquired = knowing(serving_second(), "app-1", DONE)
    plan = decide(request("rollback", to="1-a"), acquired)
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.USAGE
    assert plan.refusal.problems[0] == {
        "where": "--yes",
        "found": "job migrate of 2-b is not undone, and not marked backward_compatible: 1-a may "
        "not get along with what it did",
        "accepted": "a yes",
        "next": "./invoke rollback --env=local --app=iris --to=1-a --yes",
    }
    ended = outcome.conclude(plan, fold(plan, []), judge_end(plan, fold(plan, [])), [])
    assert (ended.exit_code, ended.next_command) == (
        exits.USAGE,
        "./invoke rollback --env=local --app=iris --to=1-a --yes",
    )


NO_QUESTION: list[Any] = [
    pytest.param({}, {"app-1": DONE}, {"is_confirmed": True}, id="it was answered"),
    pytest.param({}, {"app-1": DONE}, {"reads_only": True}, id="nothing is changed"),
    pytest.param({"backward_compatible": True}, {"app-1": DONE}, {}, id="it is compatible"),
    pytest.param({}, {}, {}, id="it never ran"),
    pytest.param({}, {"app-1": FAILED}, {}, id="it failed"),
]


@pytest.mark.parametrize(("changes", "records", "asked"), NO_QUESTION)
def test_otherwise_nobody_is_asked(changes: Any, records: Any, asked: Any) -> None:
    acquired = serving_second(**changes)
    for name, record in records.items():
        acquired = knowing(acquired, name, record)
    assert decide(request("rollback", **asked), acquired).refusal is None


def test_an_abort_past_a_job_that_began_needs_a_yes() -> None:
    acquired = held(knowing(second_fleet(), "app-1", OPEN))
    plan = decide(request("abort"), acquired)
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["next"] == "./invoke abort --env=local --app=iris --yes"
    confirmed = decide(request("abort", is_confirmed=True), acquired)
    assert (confirmed.refusal, confirmed.release_id, confirmed.voids) == (None, "1-a", ["2-b"])
    assert confirmed.jobs == []


def test_an_abort_past_a_job_that_began_on_a_host_that_is_gone_needs_a_yes() -> None:
    acquired = held(second_fleet(), job_hosts={"migrate": "app-1"}, hosts=list(HOSTS))
    del acquired["app-1"]
    plan = decide(request("abort", **WITHOUT_FIRST), acquired)
    assert plan.refusal is not None
    assert (plan.refusal.exit_code, plan.refusal.problems[0]["where"]) == (exits.USAGE, "--yes")


def test_a_plan_to_go_back_warns_of_what_is_not_undone() -> None:
    asked, acquired = request("rollback", reads_only=True), knowing(serving_second(), "app-1", DONE)
    warnings = preview(decide(asked, acquired), asked, acquired)["warnings"]
    assert any(warning.startswith("job migrate of 2-b is not undone") for warning in warnings)
