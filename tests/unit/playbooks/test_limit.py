"""Which hosts take part in a run. This runs `ansible-playbook` for real, over no host but this."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollway import exits
from rollway.rollout.journal import Journal
from rollway.rollout.request import load_request
from tests.unit.playbooks.fleet import HOSTS, RUN, run_playbook

LIMITS = [
    pytest.param("app-1,app-2", ["app-1", "app-2"], ["both-1"], id="names, as Ansible lists them"),
    pytest.param("app:&rack_a:!app-2", ["both-1"], ["app-1", "app-2"], id="what groups share"),
]


@pytest.mark.parametrize(("limit", "chosen", "outside"), LIMITS)
def test_a_limit_chooses_app_hosts_and_every_edge_takes_part(
    limit: str, chosen: list[str], outside: list[str], inventory: Path
) -> None:
    ran = run_playbook(inventory, {"rollway_limit": limit})
    assert (inventory / RUN / "result.json").exists(), ran.stdout + ran.stderr
    request = load_request(inventory / RUN)
    assert (request.app_hosts, request.outside) == (chosen, outside)
    asked = set(Journal(inventory / RUN).results("acquire"))
    assert asked == {*chosen, "both-1", "edge-1"}


UNKNOWN = [
    pytest.param({"rollway_limit": "app[0"}, None, "'app[0' has a bracket", id="half a bracket"),
    pytest.param({"rollway_limit": "app-1,nope"}, None, "'nope' matches no host", id="no host"),
    pytest.param({"rollway_limit": "!nope"}, None, "'nope' matches no host", id="all but no host"),
    pytest.param({}, "edge,app-1,nope,localhost", "'nope' matches no host", id="Ansible's own"),
]


@pytest.mark.parametrize(("told", "limit", "found"), UNKNOWN)
def test_a_limit_that_is_mistyped_is_wrong_use(
    told: dict[str, str], limit: str | None, found: str, inventory: Path
) -> None:
    run_playbook(inventory, told, limit=limit)
    error = json.loads((inventory / RUN / "error.json").read_text())
    assert (error["where"], error["exit"]) == ("--limit", exits.USAGE)
    assert error["found"].startswith(found)
    assert not (inventory / RUN / "events.jsonl").exists()


@pytest.mark.parametrize(
    "verb",
    [
        *("rollback", "status", "history", "audit", "drift", "prune", "doctor"),
        *("maintenance", "restart", "scale", "adopt"),
    ],
)
def test_a_limit_of_ansible_s_own_without_the_controller_is_a_failure(
    verb: str, inventory: Path
) -> None:
    ran = run_playbook(inventory, {}, verb=verb, limit="app-1:edge")
    assert ran.returncode != 0
    assert "--limit: the step `read` on localhost did not run" in ran.stdout + ran.stderr


def test_drift_asks_the_hosts_of_a_limit_and_every_edge(inventory: Path) -> None:
    ran = run_playbook(inventory, {"rollway_limit": "app-1"}, verb="drift")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = json.loads((inventory / RUN / "drift.json").read_text())
    assert [one["host"] for one in found["lost"]] == ["app-1", "both-1", "edge-1"]
    assert found["lost"][0]["problem"] == "it is a stand-in"


def test_a_module_that_fails_is_data_until_the_report(inventory: Path) -> None:
    hosts = inventory / "hosts.yml"
    hosts.write_text(
        HOSTS.replace("edge-1: {}", "edge-1: {ansible_python_interpreter: /bin/false}")
    )
    ran = run_playbook(inventory, {}, limit="app-1:edge:localhost")
    assert (inventory / RUN / "result.json").exists(), ran.stdout + ran.stderr
    assert "ignored=1" in ran.stdout


def test_hosts_know_the_environment_by_the_name_that_the_inventory_gives(inventory: Path) -> None:
    run_playbook(inventory, {"rollway_known_as": "older"})
    assert load_request(inventory / RUN).run["env"] == "older"
