"""Mistakes of an inventory end in wrong use, and name what is to be edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollway import exits
from tests.unit.playbooks.fleet import HOSTS, RUN, run_playbook

VARS = "all:\n  vars: {"
CASES = [
    pytest.param(
        ("192.0.2.1}", '"{{ nope }}"}'),
        ("status", {}),
        ("", "app-1/rollway_address: 'nope' is undefined"),
        id="an address",
    ),
    pytest.param(
        (VARS, f"{VARS}rollway_maintenance_retry_seconds: soon, "),
        ("maintenance", {"rollway_maintenance": "on"}),
        ("rollway_maintenance_retry_seconds", "found 'soon'"),
        id="a number",
    ),
    pytest.param(
        (VARS, f'{VARS}rollway_url: "{{{{ 1/0 }}}}", '),
        ("status", {}),
        (
            "rollway_url",
            "its template cannot be resolved: Error rendering template: division by zero",
        ),
        id="a template",
    ),
]


@pytest.mark.parametrize(("change", "run", "said"), CASES)
def test_it_is_named(
    change: tuple[str, str],
    run: tuple[str, dict[str, str]],
    said: tuple[str, str],
    inventory: Path,
) -> None:
    (inventory / "hosts.yml").write_text(HOSTS.replace(*change))
    verb, variables = run
    run_playbook(inventory, {"rollway_app": "toy", **variables}, verb=verb)
    error = json.loads((inventory / RUN / "error.json").read_text())
    assert (error["where"], error["found"], error["exit"]) == (*said, exits.USAGE)
