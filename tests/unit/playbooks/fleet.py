"""A fleet of this machine alone, for playbooks that run for real."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from rollway.remote.playbook import ROOT, Play, command_of

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
REFUSING = Path(__file__).with_name("library")
HOST_NAMES = {"app-1", "app-2", "both-1", "edge-1"}


def run_playbook(
    inventory: Path,
    variables: Mapping[str, str],
    *,
    verb: str = "rollback",
    limit: str | None = None,
    stand_in: str = "",
    library: Path = REFUSING,
    module_utils: Path | None = None,
    callbacks: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a playbook over an inventory, with hosts that refuse, or as the modules of `library`."""
    command, environment = settings_of(inventory, variables, verb=verb, limit=limit)
    ours = {"ANSIBLE_LIBRARY": str(library), "ROLLWAY_STAND_IN": stand_in}
    ours |= {"ANSIBLE_MODULE_UTILS": str(module_utils)} if module_utils else {}
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment, **ours, **(callbacks or {})},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )


def settings_of(
    inventory: Path,
    variables: Mapping[str, str],
    *,
    verb: str = "rollback",
    limit: str | None = None,
) -> tuple[list[str], dict[str, str]]:
    """The command, and what it needs in its environment, over hosts that refuse."""
    folders = {"rollway_apps_dir": str(inventory / "apps"), "rollway_runs_dir": str(inventory)}
    named = inventory / "variables.yml"
    told = {"rollway_run_id": RUN, "rollway_env": "unit", **folders, **variables}
    named.write_text("".join(f'{name}: "{value}"\n' for name, value in told.items()))
    play = Play(f"playbooks/{verb}.yml", inventory / "hosts.yml", {}, limit=limit)
    bin_first = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ours = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_LIBRARY": str(REFUSING)}
    plain = {"PATH": bin_first, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    return command_of(play, variables=named), {**plain, **ours}
