from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.lock import Alive, Run, is_provably_dead

from tests.unit.module_utils.fakes import a_run

HOLDER = {"machine_id": "laptop", "boot_id": "b1", "pid": 7, "start_ticks": 100}
LATER = {"scan_ticks": 200, "processes": []}

CASES: list[Any] = [
    pytest.param({}, LATER, "dead", id="its process is gone from its own machine"),
    pytest.param({}, {**LATER, "processes": [[7, 100]]}, "alive", id="its process is there"),
    pytest.param({}, {**LATER, "processes": [[7, 150]]}, "dead", id="its number is another's now"),
    pytest.param({}, {"scan_ticks": 50, "processes": []}, "alive", id="it began after the scan"),
    pytest.param({}, None, "alive", id="nobody looked"),
    pytest.param({"boot_id": "b2"}, None, "dead", id="its machine was booted since"),
    pytest.param({"machine_id": "ci"}, LATER, "alive", id="another machine cannot know"),
    pytest.param({"machine_id": "ci", "boot_id": "b2"}, LATER, "alive", id="nor by its own boot"),
]


@pytest.mark.parametrize(("seen_by", "alive", "verdict"), CASES)
def test_a_holder_is_dead_only_when_its_own_machine_proves_it(
    seen_by: dict[str, Any], alive: dict[str, Any] | None, verdict: str
) -> None:
    holder = Run.from_json(a_run("old", **HOLDER))
    run = Run.from_json(a_run("new", pid=9, **seen_by))
    found = is_provably_dead(holder, seen_by=run, alive=Alive.from_json(alive))
    assert found is (verdict == "dead")


def test_a_run_comes_back_as_it_was() -> None:
    run = Run.from_json(a_run())
    assert Run.from_json(run.to_json()) == run
