"""Values that are none, by playbooks that run for real: they stop before any host is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from tests.unit.playbooks.fleet import RUN, run_playbook


def _refusal(inventory: Path, told: dict[str, str], verb: str) -> dict[str, Any]:
    ran = run_playbook(inventory, told, verb=verb)
    path = inventory / RUN / "error.json"
    assert path.exists(), ran.stdout + ran.stderr
    assert not (inventory / RUN / "events.jsonl").exists()
    return dict(json.loads(path.read_text()))


CONFIRM = "rollway_confirm"
SAID = {"rollway_count": "--count"}
VARIABLES = "rollway_variables"
LOST = "its template cannot be resolved"
REFUSED = [
    pytest.param("rollback", VARIABLES, "{{ {'A': nowhere} }}", LOST, id="a name in a mapping"),
    pytest.param("rollback", VARIABLES, "{{ nowhere }}", LOST, id="a mapping that is nowhere"),
    pytest.param(
        "rollback", "rollway_registry_password", "{{ vault_nowhere }}", LOST, id="a vault"
    ),
    pytest.param("rollback", CONFIRM, "on", "unit asks before a rollback", id="on asks"),
    pytest.param("rollback", CONFIRM, "y", "unit asks before a rollback", id="y asks"),
    pytest.param("rollback", CONFIRM, "maybe", "found 'maybe'", id="no truth"),
    pytest.param("rollback", CONFIRM, "", "it has no value", id="no value"),
    pytest.param(
        "rollback", CONFIRM, "{{ nowhere }}", "its template cannot be resolved", id="no such name"
    ),
    pytest.param(
        "rollback", "rollway_limit", "{{ nowhere }}", "its template cannot", id="a limit's name"
    ),
    pytest.param("remove", "rollway_yes", "maybe", "found 'maybe'", id="an answer that is none"),
    pytest.param("remove", "rollway_volumes", "all", "found 'all'", id="volumes"),
    pytest.param("doctor", "rollway_fix", "soon", "found 'soon'", id="a repair"),
    pytest.param("history", "rollway_count", "some", "found 'some'", id="a number of runs"),
    pytest.param("adopt", "rollway_keep_web", "some", "found 'some'", id="web containers"),
]


@pytest.mark.parametrize(("verb", "name", "value", "found"), REFUSED)
def test_a_value_that_is_none_is_refused_by_name(
    verb: str, name: str, value: str, found: str, inventory: Path
) -> None:
    error = _refusal(inventory, {"rollway_app": "toy", name: value}, verb)
    assert (error["where"], error["exit"]) == (SAID.get(name, name), exits.USAGE)
    assert error["found"].startswith(found)
