from __future__ import annotations

from rollway.report.history import fleet_history
from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import request


def test_a_lost_host_and_a_spoiled_record_are_part_of_the_answer() -> None:
    told = {
        "app-1": Event("history", "app-1", result={"runs": [], "remarks": ["x.json: no JSON"]}),
        "app-2": Event("history", "app-2", ok=False, unreachable=True, result={"msg": "timeout"}),
        "edge-1": Event("history", "edge-1", result={"runs": []}),
    }
    found = fleet_history(request("history"), told, count=20)
    assert found["answered"] == ["app-1", "edge-1"]
    assert found["remarks"] == [
        "app-2: did not answer: timeout",
        "app-3: it was not asked",
        "app-1: x.json: no JSON",
    ]
