"""The playbooks of maintenance and remove, run for real over stand-ins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from tests.unit.playbooks.fleet import HOST_NAMES, RUN, run_playbook

EDGES = {"both-1", "edge-1"}


def _record(inventory: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((inventory / RUN / name).read_text()))


def _steps(inventory: Path) -> set[tuple[str, str]]:
    lines = (inventory / RUN / "events.jsonl").read_text().splitlines()
    return {(one["step"], one["host"]) for one in map(json.loads, lines)}


@pytest.mark.parametrize("switch", ["on", "off"])
def test_every_edge_is_looked_at_then_told_and_no_app_host(inventory: Path, switch: str) -> None:
    told = {"rollway_maintenance": switch, "rollway_reason": "moving"}
    ran = run_playbook(inventory, told, verb="maintenance")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = _record(inventory, "maintenance.json")
    assert (found["exit"], found["sentence"]) == (exits.DONE, f"maintenance is {switch}")
    assert _steps(inventory) == {(step, edge) for step in ("inspect", "maintain") for edge in EDGES}
    reasons = {page["reason"] for one in found["edges"] if (page := one["maintenance"])}
    assert reasons == ({"moving"} if switch == "on" else set())


def test_a_switch_that_is_none_is_wrong_use(inventory: Path) -> None:
    run_playbook(inventory, {}, verb="maintenance")
    error = _record(inventory, "error.json")
    assert (error["found"], error["exit"]) == ("found ''", exits.USAGE)


def test_a_remove_without_a_yes_is_wrong_use(inventory: Path) -> None:
    run_playbook(inventory, {"rollway_app": "toy"}, verb="remove")
    error = _record(inventory, "error.json")
    assert (error["where"], error["exit"]) == ("rollway_confirm", exits.USAGE)


def test_a_remove_of_a_fleet_that_refuses_changes_nothing(inventory: Path) -> None:
    told = {"rollway_app": "toy", "rollway_yes": "true"}
    ran = run_playbook(inventory, told, verb="remove")
    assert ran.returncode != 0
    result = _record(inventory, "result.json")
    assert (result["outcome"], result["exit"]) == ("refused", exits.REFUSED)
    assert _steps(inventory) == {("acquire", host) for host in HOST_NAMES}
