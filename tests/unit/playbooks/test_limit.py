"""Which hosts take part in a run. This runs `ansible-playbook` for real, over no host but this."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from rollway.remote.playbook import ROOT, Play, command_of
from rollway.rollout.journal import Journal
from rollway.rollout.request import load_request

RUN = "run-1"
HOSTS = """
all:
  vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  children:
    app:
      hosts:
        app-1: {rollway_address: 192.0.2.1}
        app-2: {rollway_address: 192.0.2.2}
        both-1: {rollway_address: 192.0.2.3}
    edge: {hosts: {both-1: {}, edge-1: {}}}
    rack_a: {hosts: {app-2: {}, both-1: {}}}
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    compose = tmp_path / "apps" / "toy" / "compose.yml"
    compose.parent.mkdir(parents=True)
    compose.write_text("services: {}\n")
    return tmp_path


def _run(
    inventory: Path,
    variables: Mapping[str, str],
    *,
    verb: str = "rollback",
    limit: str | None = None,
) -> subprocess.CompletedProcess[str]:
    folders = {"rollway_apps_dir": str(inventory / "apps"), "rollway_runs_dir": str(inventory)}
    named = inventory / "variables.yml"
    told = {"rollway_run_id": RUN, "rollway_env": "unit", **folders, **variables}
    named.write_text("".join(f'{name}: "{value}"\n' for name, value in told.items()))
    play = Play(f"playbooks/{verb}.yml", inventory / "hosts.yml", {}, limit=limit)
    library = str(Path(__file__).with_name("library"))
    bin_first = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ours = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_LIBRARY": library}
    return subprocess.run(
        command_of(play, variables=named),
        cwd=ROOT,
        env={**os.environ, "PATH": bin_first, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", **ours},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


LIMITS = [
    pytest.param("app-1,app-2", ["app-1", "app-2"], ["both-1"], id="names, as Ansible lists them"),
    pytest.param("app:&rack_a:!app-2", ["both-1"], ["app-1", "app-2"], id="what groups share"),
]


@pytest.mark.parametrize(("limit", "chosen", "outside"), LIMITS)
def test_a_limit_chooses_app_hosts_and_every_edge_takes_part(
    limit: str, chosen: list[str], outside: list[str], inventory: Path
) -> None:
    ran = _run(inventory, {"rollway_limit": limit})
    assert (inventory / RUN / "result.json").exists(), ran.stdout + ran.stderr
    request = load_request(inventory / RUN)
    assert (request.app_hosts, request.outside) == (chosen, outside)
    asked = set(Journal(inventory / RUN).results("acquire"))
    assert asked == {*chosen, "both-1", "edge-1"}


@pytest.mark.parametrize("verb", ["rollback", "status", "history"])
def test_a_limit_of_ansible_s_own_without_the_controller_is_a_failure(
    verb: str, inventory: Path
) -> None:
    ran = _run(inventory, {}, verb=verb, limit="app-1:edge")
    assert ran.returncode != 0
    assert "--limit: the step `read` on localhost did not run" in ran.stdout + ran.stderr


def test_a_module_that_fails_is_data_until_the_report(inventory: Path) -> None:
    hosts = inventory / "hosts.yml"
    hosts.write_text(
        HOSTS.replace("edge-1: {}", "edge-1: {ansible_python_interpreter: /bin/false}")
    )
    ran = _run(inventory, {}, limit="app-1:edge:localhost")
    assert (inventory / RUN / "result.json").exists(), ran.stdout + ran.stderr
    assert "ignored=1" in ran.stdout
