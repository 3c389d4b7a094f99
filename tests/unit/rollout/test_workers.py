"""Workers follow the traffic, in whichever run it moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event, Journal
from rollway.rollout.plan import Plan
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    release,
    request,
    steady_fleet,
)

WORKER = {"name": "mail", "class": "worker", "replicas": 1, "port": None}
FAILED: dict[str, Any] = {"ok": False, "result": {"problem": {"found": "never ready"}}}
RELEASES = {"1-a": release("a"), "2-b": release("b", outcome="candidate")}
HOSTS = ("app-1", "app-2", "app-3")


def _works(content: dict[str, Any]) -> dict[str, Any]:
    return {**content, "services": [*content["services"], WORKER]}


def _all_moved() -> dict[str, Event]:
    """A held run whose traffic had moved everywhere, while the workers had not changed yet."""
    both = {"blue": "1-a", "green": "2-b", "releases": RELEASES}
    hosts = [acquired_host(name, active="green", **both) for name in HOSTS]
    for event in hosts:
        event.result["hold"] = {"release": "2-b", "previous": "1-a"}
        kept = event.result["manifests"]
        event.result["manifests"] = {name: _works(one) for name, one in kept.items()}
    return fleet(*hosts, acquired_edge(*[(name, "green") for name in HOSTS]))


def _run(run_dir: Path, verb: str, acquired: dict[str, Event]) -> Plan:
    asked = request(verb)
    asked.save(run_dir)
    plan = decide(asked, acquired)
    plan.save(run_dir)
    return plan


def _switched(run_dir: Path, host: str) -> tuple[str, str, str] | None:
    """Release, new slot and old slot of the call; None where workers stay."""
    work = work_for(run_dir, step="switch", host=host)
    if isinstance(work, Skip):
        return None
    arguments = work[0].arguments
    return arguments["release_id"], arguments["slot"], arguments["old_slot"]


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_going_back_takes_the_workers_along(tmp_path: Path, verb: str) -> None:
    plan = _run(tmp_path, verb, _all_moved())
    assert plan.has_workers
    assert [_switched(tmp_path, name) for name in HOSTS] == [("1-a", "blue", "green")] * 3


def test_promote_changes_the_workers_of_hosts_whose_traffic_had_moved(tmp_path: Path) -> None:
    plan = _run(tmp_path, "promote", _all_moved())
    assert plan.waves == []
    assert [_switched(tmp_path, name) for name in HOSTS] == [("2-b", "green", "blue")] * 3


def test_the_slot_to_leave_is_never_the_one_to_enter(tmp_path: Path) -> None:
    """A run was killed after its shifts: the records still name the slot that abort goes to."""
    acquired = _all_moved()
    for name in HOSTS:
        acquired[name].result["hold"] = None
        acquired[name].result["state"] |= {"active": "blue", "phase": {"release": "2-b"}}
    _run(tmp_path, "abort", acquired)
    assert _switched(tmp_path, "app-1") == ("1-a", "blue", "green")


def test_workers_stay_where_the_traffic_of_a_failed_run_stays(tmp_path: Path) -> None:
    _run(tmp_path, "abort", _all_moved())
    Journal(tmp_path).append(Event("shift", "edge-1", wave=0, **FAILED))
    assert _switched(tmp_path, "app-1") is None


def test_a_release_without_workers_still_stops_those_of_the_one_before() -> None:
    acquired = steady_fleet()
    for name in HOSTS:
        kept = acquired[name].result["manifests"]
        acquired[name].result["manifests"] = {key: _works(one) for key, one in kept.items()}
    assert decide(request(), acquired).has_workers
    assert not decide(request(), steady_fleet()).has_workers
