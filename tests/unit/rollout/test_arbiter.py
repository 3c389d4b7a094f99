from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.cli import options
from rollway.errors import RollwayError
from rollway.rollout import arbiter
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event, Journal, without_repeats
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import request, steady_fleet

LOCK = {"id": "theirs", "owner": "ana@laptop"}
BEGAN = 1767225600.0  # 2026-01-01T00:00:00Z, when the request of the fixtures began


def _locked(host: str = "edge-1", *, step: str = "queue", **changes: Any) -> Event:
    problem = {"found": "locked by deploy by ana@laptop"}
    result = {"outcome": "locked", "lock": LOCK, "hold": None, "problem": problem, **changes}
    return Event(step, host, ok=False, time=BEGAN, result=result)


WORTH = [
    pytest.param({}, True, id="a run"),
    pytest.param({"lock": None}, True, id="a step that still runs"),
    pytest.param({"hold": {"release": "2-b", "decided_by": "run-9"}}, True, id="a decision"),
    pytest.param({"hold": {"release": "2-b"}}, False, id="a held release"),
    pytest.param({"freeze": LOCK}, False, id="a freeze"),
    pytest.param({"outcome": "acquired"}, False, id="something else"),
]


@pytest.mark.parametrize(("changes", "is_worth"), WORTH)
def test_only_what_ends_by_itself_is_waited_for(
    changes: dict[str, Any], is_worth: bool, tmp_path: Path
) -> None:
    asked, journal = request(wait_seconds=60), Journal(tmp_path)
    left = arbiter.seconds_left(asked, journal, _locked(**changes), now=BEGAN + 10)
    assert left == (50 if is_worth else 0)


def test_no_wait_is_longer_than_asked(tmp_path: Path) -> None:
    asked, journal = request(wait_seconds=60), Journal(tmp_path)
    assert arbiter.seconds_left(asked, journal, _locked(), now=BEGAN + 61) == 0


def test_other_hosts_are_asked_again_for_half_a_minute(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(_locked("app-1", step="acquire"))
    again = _locked("app-1", step="retry")
    assert arbiter.seconds_left(request(), journal, again, now=BEGAN + 10) == 20
    assert arbiter.seconds_left(request(), journal, again, now=BEGAN + 31) == 0


def test_the_first_edge_by_name_decides_who_asks_again() -> None:
    asked, acquired = request(edges=["edge-2", "edge-1"]), steady_fleet()
    acquired["app-2"] = _locked("app-2", step="acquire")
    assert arbiter.arbiter(asked) == "edge-1"
    assert arbiter.retry_hosts(asked, acquired) == ["app-2"]
    acquired["edge-1"] = _locked(step="acquire")
    assert arbiter.retry_hosts(asked, acquired) == []


BUSY = {"step": "start", "seconds": 23.0, "left": 577.0, "process": 4711}


@pytest.mark.parametrize("step", ["queue", "retry"])
def test_a_step_that_still_runs_is_waited_for_as_long_as_it_may_take(
    step: str, tmp_path: Path
) -> None:
    """Whatever was asked for: a person who typed the same command again wants it to go on."""
    journal = Journal(tmp_path)
    event = _locked("app-1" if step == "retry" else "edge-1", step=step, busy=BUSY)
    assert arbiter.seconds_left(request(), journal, event, now=BEGAN + 100) == 577
    late = _locked("app-1", step=step, busy={**BUSY, "left": -1.0})
    assert arbiter.seconds_left(request(), journal, late, now=BEGAN) == 0


def test_of_a_step_that_says_nothing_ten_minutes_are_waited_for(tmp_path: Path) -> None:
    journal, busy = Journal(tmp_path), {**BUSY, "left": None}
    journal.append(_locked("app-1", step="acquire", busy=busy))
    again = _locked("app-1", step="retry", busy=busy)
    assert arbiter.seconds_left(request(), journal, again, now=BEGAN + 100) == 500
    assert arbiter.seconds_left(request(), journal, again, now=BEGAN + 601) == 0


def test_a_step_on_the_arbiter_is_waited_for_there_and_elsewhere() -> None:
    asked, acquired = request(), steady_fleet()
    acquired |= {name: _locked(name, step="acquire", busy=BUSY) for name in ("app-2", "edge-1")}
    assert sorted(arbiter.retry_hosts(asked, acquired)) == ["app-2", "edge-1"]


@pytest.mark.parametrize("host", ["app-1", "edge-1"])
def test_who_loses_the_arbiter_meanwhile_waits_nowhere(host: str, tmp_path: Path) -> None:
    """Else two runs that wait for one step would then wait for each other."""
    journal = Journal(tmp_path)
    journal.append(_locked(step="acquire", busy=BUSY))
    again = _locked("app-1", step="retry")
    assert arbiter.seconds_left(request(), journal, again, now=BEGAN + 1) > 0
    if host == "app-1":
        journal.append(_locked(step="acquire"))
    lost = _locked(host, step="retry")
    assert arbiter.seconds_left(request(), journal, lost, now=BEGAN + 1) == 0


def test_another_step_of_the_same_run_is_told_anew(tmp_path: Path) -> None:
    told = arbiter.waiting(_locked(busy=BUSY), left=50)
    journal = Journal(tmp_path)
    journal.append(Event(**{**told.__dict__, "time": BEGAN}))
    same, other = _locked(busy=BUSY), _locked(busy={**BUSY, "step": "switch"})
    assert not arbiter.has_to_be_told(journal.events(), same, now=BEGAN + 1)
    assert arbiter.has_to_be_told(journal.events(), other, now=BEGAN + 1)


def test_a_step_that_never_ends_is_a_person_s() -> None:
    acquired = steady_fleet()
    acquired["app-2"] = _locked("app-2", step="acquire", busy={**BUSY, "left": -1.0})
    plan = decide(request(), acquired)
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.LOCKED
    assert plan.refusal.problems[0]["next"] == (
        "./invoke shell --env=local --host=app-2 shows what process 4711 does there; once it has "
        "ended, the same command again"
    )


def test_what_only_reads_never_waits() -> None:
    asked, acquired = request(reads_only=True, wait_seconds=60), steady_fleet()
    acquired["app-2"] = _locked("app-2", step="acquire")
    assert arbiter.queue_hosts(asked) == []
    assert arbiter.retry_hosts(asked, acquired) == []


def test_a_wait_is_told_once_then_every_few_seconds_and_for_another_run(tmp_path: Path) -> None:
    event, told = _locked(), arbiter.waiting(_locked(), left=50)
    journal = Journal(tmp_path)
    assert arbiter.has_to_be_told(journal.events(), event, now=BEGAN)
    journal.append(Event(**{**told.__dict__, "time": BEGAN}))
    assert not arbiter.has_to_be_told(journal.events(), event, now=BEGAN + 7)
    assert arbiter.has_to_be_told(journal.events(), event, now=BEGAN + 8)
    other = _locked(lock={**LOCK, "id": "another"})
    assert arbiter.has_to_be_told(journal.events(), other, now=BEGAN + 1)


def test_after_a_wait_in_vain_no_host_is_asked_and_only_the_arbiter_named(tmp_path: Path) -> None:
    asked = request(wait_seconds=60)
    asked.save(tmp_path)
    Journal(tmp_path).append(_locked(step="acquire"))
    for host in ("app-1", "edge-1"):
        assert isinstance(work_for(tmp_path, step="acquire", host=host), Skip)
    plan = decide(asked, Journal(tmp_path).results("acquire"))
    assert plan.refusal is not None
    assert plan.refusal.exit_code == exits.LOCKED
    (problem,) = plan.refusal.problems
    assert problem["host"] == "edge-1"
    assert problem["next"] == (
        "wait for it (--wait-lock=600); if laptop is gone for good, "
        "./invoke lock.release --env=local --app=iris --run=theirs"
    )


def test_a_granted_arbiter_is_not_asked_again_and_the_others_are(tmp_path: Path) -> None:
    asked = request(wait_seconds=60)
    asked.save(tmp_path)
    Journal(tmp_path).append(steady_fleet()["edge-1"])
    assert isinstance(work_for(tmp_path, step="acquire", host="edge-1"), Skip)
    assert not isinstance(work_for(tmp_path, step="acquire", host="app-1"), Skip)


def test_the_report_knows_only_the_last_answer() -> None:
    granted = steady_fleet()["app-1"]
    events = [_locked("app-1", step="acquire"), arbiter.waiting(_locked(), left=5), granted]
    assert without_repeats(events) == [granted]


@pytest.mark.parametrize("seconds", ["-1", "86401"])
def test_a_wait_has_its_bounds(seconds: str) -> None:
    with pytest.raises(RollwayError) as caught:
        options.wait_lock(seconds)
    assert str(caught.value) == (
        f"--wait-lock: found {seconds!r}; accepted: seconds, 0 to 86400; next: --wait-lock=600"
    )
