"""The playbook of a scale, run for real over stand-ins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.rollout.request import load_request
from tests.unit.playbooks.fleet import RUN, run_playbook


def _record(inventory: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((inventory / RUN / name).read_text()))


def test_a_service_and_a_number_reach_the_hosts(inventory: Path) -> None:
    told = {"rollway_service": "api", "rollway_replicas": "3"}
    ran = run_playbook(inventory, told, verb="scale")
    assert ran.returncode != 0
    assert _record(inventory, "result.json")["exit"] == exits.REFUSED
    asked = load_request(inventory / RUN)
    assert (asked.verb, asked.service, asked.replicas) == ("scale", "api", 3)


def test_a_scale_without_a_number_is_wrong_use(inventory: Path) -> None:
    run_playbook(inventory, {"rollway_service": "api"}, verb="scale")
    error = _record(inventory, "error.json")
    assert (error["where"], error["exit"]) == ("--replicas", exits.USAGE)
