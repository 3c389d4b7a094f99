"""`failure_action: pause`: when a run is held, and what promote and abort plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollway import exits
from rollway.rollout import outcome
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.plan import Plan
from rollway.rollout.planning import decide
from rollway.rollout.verdict import Decision, judge_end
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
    steady_fleet,
)
from tests.unit.rollout.hold_fixtures import HOLD, PAUSE, RELEASES, STARTED, bake_failed, held_fleet

NEVER = Event("stage", "app-1", ok=False, result={"problem": {"found": "never ready"}})


def _plan() -> Plan:
    return decide(request(manifest=manifest("b", rollout=PAUSE)), steady_fleet())


def test_a_failure_after_the_first_shift_is_held() -> None:
    plan, events = _plan(), [STARTED, bake_failed()]
    ledger = fold(plan, events)
    verdict = judge_end(plan, ledger)
    assert verdict.decision is Decision.HOLD
    ended = outcome.conclude(plan, ledger, verdict, events)
    assert (ended.exit_code, ended.record) == (exits.HELD, "held")
    assert ended.sentence == "2-b is held: it serves on app-1, 1-a on app-2, app-3"
    assert ended.next_command == (
        "./invoke promote --env=local --app=iris, or ./invoke abort --env=local --app=iris"
    )


def test_a_failure_before_any_shift_leaves_nothing_to_decide() -> None:
    plan = _plan()
    assert judge_end(plan, fold(plan, [NEVER])).decision is Decision.ROLL_BACK


def test_a_first_release_is_put_back_for_there_is_nothing_to_decide() -> None:
    hosts = [acquired_host(f"app-{number}") for number in (1, 2, 3)]
    asked = request(manifest=manifest("b", rollout=PAUSE))
    plan = decide(asked, fleet(*hosts, acquired_edge()))
    ended = _ended(plan, [STARTED, bake_failed()])
    assert (ended.exit_code, ended.record) == (exits.FAILED, "bad")
    assert ended.sentence == "1-b failed; the whole fleet serves nothing, as before"


@pytest.mark.parametrize("other", [None, "0-z"], ids=["a new host", "a third release"])
def test_a_fleet_that_cannot_go_back_as_one_is_put_back_host_by_host(other: str | None) -> None:
    releases = {other: release("z")} if other else {}
    odd = acquired_host("app-3", active="blue" if other else None, blue=other, releases=releases)
    asked = request(manifest=manifest("b", rollout=PAUSE))
    plan = decide(asked, {**steady_fleet(), "app-3": odd})
    ledger = fold(plan, [STARTED, bake_failed()])
    assert judge_end(plan, ledger).decision is Decision.ROLL_BACK


def test_promote_goes_on_with_the_hosts_that_are_left() -> None:
    plan = decide(request("promote"), held_fleet())
    assert (plan.release_id, plan.previous["id"]) == ("2-b", "1-a")
    assert plan.waves == [["app-2"], ["app-3"]]
    assert plan.voids == []


def test_promote_needs_the_release_on_every_host() -> None:
    lacking = acquired_host("app-3", active="blue", blue="1-a", releases={"1-a": release("a")})
    plan = decide(request("promote"), held_fleet(**{"app-3": lacking}))
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["found"] == "2-b never reached app-3"


def test_abort_and_rollback_go_back_at_once_and_void_what_they_leave() -> None:
    for verb in ("abort", "rollback"):
        plan = decide(request(verb), held_fleet())
        assert plan.release_id == "1-a"
        assert plan.waves == [["app-1"]]
        assert plan.voids == ["2-b"]
        assert plan.previous["id"] == "2-b"


@pytest.mark.parametrize("wanted", ["1-a", "a"])
def test_a_rollback_may_name_the_release_that_a_held_run_goes_back_to(wanted: str) -> None:
    plan = decide(request("rollback", to=wanted), held_fleet())
    assert (plan.refusal, plan.release_id) == (None, "1-a")


def test_a_rollback_to_another_release_is_refused_while_one_is_held() -> None:
    plan = decide(request("rollback", to="0-z"), held_fleet())
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.REFUSED
    assert plan.refusal.problems == [
        {
            "where": "--to",
            "found": "0-z, while 2-b is held",
            "accepted": "1-a, which served before it",
            "next": "./invoke abort --env=local --app=iris, "
            "then ./invoke rollback --env=local --app=iris --to=0-z",
        }
    ]


def test_who_wants_to_roll_back_to_the_held_release_hears_of_promote() -> None:
    plan = decide(request("rollback", to="b"), held_fleet())
    assert plan.refusal is not None
    assert plan.refusal.problems[0]["next"] == "./invoke promote --env=local --app=iris"


def test_a_hold_that_an_edge_alone_still_has_is_decided_too() -> None:
    acquired = steady_fleet(releases=RELEASES)
    acquired["edge-1"].result["hold"] = HOLD
    plan = decide(request("abort"), acquired)
    assert (plan.refusal, plan.release_id, plan.waves) == (None, "1-a", [])


FAILING = [
    ("promote", Event("advance", "app-2", ok=False, result={"problem": {"found": "never ready"}})),
    ("abort", Event("shift", "edge-1", ok=False, unreachable=True, wave=0)),
    ("rollback", Event("switch", "app-1", ok=False, result={"problem": {"found": "exit code 1"}})),
]


@pytest.mark.parametrize(("verb", "trouble"), FAILING, ids=[verb for verb, _ in FAILING])
def test_a_decision_that_fails_leaves_it_held(tmp_path: Path, verb: str, trouble: Event) -> None:
    asked = request(verb)
    asked.save(tmp_path)
    plan = decide(asked, held_fleet())
    plan.save(tmp_path)
    Journal(tmp_path).append(trouble)
    assert isinstance(work_for(tmp_path, step="unshift", host="edge-1"), Skip)
    work = work_for(tmp_path, step="conclude", host="app-1")
    assert not isinstance(work, Skip)
    assert (work[0].arguments["outcome"], work[0].arguments["hold"]) == ("held", HOLD)
    assert work[0].arguments["active_slot"] == "green"
    ended = _ended(plan, [trouble])
    assert ended.exit_code == exits.HELD
    assert ended.next_command == (
        "./invoke promote --env=local --app=iris, or ./invoke abort --env=local --app=iris"
    )
    assert ended.sentence == (
        f"{verb} failed; 2-b is held: it serves on app-1, 1-a on app-2, app-3"
    )


def test_an_abort_that_moved_the_traffic_and_then_failed_says_where_it_stands() -> None:
    plan = decide(request("abort"), held_fleet())
    back = [{"host": f"app-{n}", "slot": "blue", "admin_state": "ready"} for n in (1, 2, 3)]
    moved = Event("shift", "edge-1", wave=0, result={"servers": back})
    failed = Event("switch", "app-1", ok=False, result={"problem": {"found": "exit code 1"}})
    ended = _ended(plan, [moved, failed])
    assert ended.sentence == (
        "abort failed; 2-b is held: it serves on no host, 1-a on app-1, app-2, app-3"
    )


def test_a_fleet_that_was_mixed_is_not_called_whole() -> None:
    acquired = held_fleet()
    for event in acquired.values():
        event.result["hold"] = None
    plan = decide(request(version="c"), acquired)
    ended = _ended(plan, [NEVER])
    assert ended.exit_code == exits.FAILED
    assert ended.sentence == (
        "3-c failed; as before, 2-b serves on app-1; 1-a serves on app-2, app-3"
    )


def _ended(plan: Plan, events: list[Event]) -> outcome.Outcome:
    ledger = fold(plan, events)
    return outcome.conclude(plan, ledger, judge_end(plan, ledger), events)


def _locked(**hold: str) -> Event:
    lock = {"id": "run-9", "owner": "ana@laptop"}
    result = {"outcome": "locked", "lock": lock, "hold": {**HOLD, **hold}, "problem": {}}
    return Event("acquire", "app-2", ok=False, result=result)


EITHER = "./invoke promote --env=local --app=iris, or ./invoke abort --env=local --app=iris"
TAKE_OVER = (
    "wait for it; if it was killed, ./invoke abort --env=local --app=iris on laptop takes it over; "
    "if laptop is gone for good, ./invoke lock.release --env=local --app=iris --run=run-9"
)


@pytest.mark.parametrize(
    ("event", "following"),
    [(_locked(), EITHER), (_locked(decided_by="run-9"), TAKE_OVER)],
    ids=["nobody decides yet", "somebody decides"],
)
def test_who_comes_to_a_held_fleet_hears_what_to_do(event: Event, following: str) -> None:
    plan = decide(request("abort"), {**held_fleet(), "app-2": event})
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.LOCKED
    assert plan.refusal.problems[0]["next"] == following


def test_without_a_held_release_there_is_nothing_to_decide() -> None:
    for verb in ("promote", "abort"):
        plan = decide(request(verb), steady_fleet())
        assert plan.refusal is not None
        assert plan.refusal.exit_code == exits.REFUSED
        assert plan.refusal.problems[0]["found"] == "nothing is held"


def test_abort_leaves_what_a_killed_run_began() -> None:
    acquired = held_fleet()
    for name in ("app-1", "app-2", "app-3"):
        acquired[name].result["hold"] = None
        acquired[name].result["state"]["phase"] = {"release": "2-b", "run": "dead"}
    plan = decide(request("abort"), acquired)
    assert (plan.release_id, plan.waves, plan.voids) == ("1-a", [["app-1"]], ["2-b"])
