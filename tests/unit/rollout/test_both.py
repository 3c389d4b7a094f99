"""A host that is edge and app: one lock for both, whatever becomes of the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.rollout.calls import EDGE_ROOT, Call
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event
from rollway.rollout.planning import decide
from tests.unit.rollout.fleet_fixtures import acquired_edge, request, steady_fleet

LOST = Event("acquire", "app-2", ok=False, unreachable=True)
AT_APP: dict[str, Any] = {"kind": "app"}
AT_BOTH: dict[str, Any] = {"kind": "edge"}
AT_EDGE: dict[str, Any] = {"kind": "edge", "root": EDGE_ROOT}


def _fleet(**changes: Event) -> dict[str, Event]:
    """app-3 is an edge, too."""
    acquired = {**steady_fleet(), **changes}
    acquired["app-3"].result["edge"] = acquired_edge().result["edge"]
    return acquired


def _place(run_dir: Path, step: str, host: str) -> dict[str, Any]:
    work = work_for(run_dir, step=step, host=host)
    assert not isinstance(work, Skip), work.reason
    return {key: work[0].arguments[key] for key in ("kind", "root") if key in work[0].arguments}


PLACES = [
    pytest.param({}, {"app-1": AT_APP, "app-3": AT_APP, "edge-1": AT_EDGE}, id="every host"),
    pytest.param(
        {"app_hosts": ["app-1", "app-2"], "outside": ["app-3"]},
        {"app-1": AT_APP, "app-3": AT_BOTH, "edge-1": AT_EDGE},
        id="a limit that leaves it out",
    ),
]


@pytest.mark.parametrize(("limit", "places"), PLACES)
def test_a_refused_run_unlocks_where_it_locked(
    limit: dict[str, Any], places: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    asked = request(edges=["app-2", "app-3", "edge-1"], **limit)
    asked.save(tmp_path)
    plan = decide(asked, _fleet(**{"app-2": LOST}))
    assert plan.refusal
    assert [problem["host"] for problem in plan.refusal.problems] == ["app-2"]
    plan.save(tmp_path)
    for host, place in places.items():
        assert _place(tmp_path, "acquire", host) == place
        assert _place(tmp_path, "conclude", host) == place


def test_a_host_outside_a_limit_is_an_edge_of_the_run(tmp_path: Path) -> None:
    asked = request(edges=["app-3", "edge-1"], app_hosts=["app-1", "app-2"], outside=["app-3"])
    asked.save(tmp_path)
    plan = decide(asked, _fleet())
    plan.save(tmp_path)
    assert list(plan.hosts) == ["app-1", "app-2"]
    loaded = work_for(tmp_path, step="stage", host="app-3")
    assert not isinstance(loaded, Skip)
    assert [call.arguments["step"] for call in loaded] == ["load"]
    assert _fence(loaded[0]) == ("/var/lib/rollway", plan.generations["app-3"], "run-1")
    alone = work_for(tmp_path, step="stage", host="edge-1")
    assert not isinstance(alone, Skip)
    assert _fence(alone[0]) == ("/var/lib/rollway-edge", plan.generations["edge-1"], "run-1")
    assert _place(tmp_path, "conclude", "app-3") == AT_BOTH


def _fence(call: Call) -> tuple[str, int, str]:
    """Where the lock of a change at an edge lies, and whose it has to be."""
    asked = call.arguments
    return asked["lock_root"], asked["generation"], asked["run"]["id"]
