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


def test_what_only_reads_never_waits() -> None:
    asked, acquired = request(reads_only=True, wait_seconds=60), steady_fleet()
    acquired["app-2"] = _locked("app-2", step="acquire")
    assert arbiter.queue_hosts(asked) == []
    assert arbiter.retry_hosts(asked, acquired) == []


def test_a_wait_is_told_once_then_every_half_minute_and_for_another_run(tmp_path: Path) -> None:
    event, told = _locked(), arbiter.waiting(_locked(), left=50)
    journal = Journal(tmp_path)
    assert arbiter.has_to_be_told(journal.events(), event, now=BEGAN)
    journal.append(Event(**{**told.__dict__, "time": BEGAN}))
    assert not arbiter.has_to_be_told(journal.events(), event, now=BEGAN + 29)
    assert arbiter.has_to_be_told(journal.events(), event, now=BEGAN + 30)
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
