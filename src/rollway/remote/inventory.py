"""Asks Ansible what an inventory says: groups, and variables as a task would see them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollway.errors import RollwayError
from rollway.remote.playbook import ROOT

_ANSIBLE = str(Path(sys.executable).with_name("ansible"))
_SECONDS = 120
_LONGEST_REASON = 400


@dataclass(frozen=True)
class Inventory:
    """`groups` is group → hosts, `variables` host → name → value, for the hosts asked about."""

    groups: Mapping[str, Sequence[str]]
    variables: Mapping[str, Mapping[str, Any]]


def load_inventory(path: Path, names: Sequence[str], *, hosts: str = "app[0]") -> Inventory:
    """The groups, and these variables of the hosts that the pattern names; None where not set.

    A debug task and not `ansible-inventory`, which shows templates and vaults unresolved. It runs
    on the controller alone, and costs about 0.6 s.
    """
    done = _run(command_of(path, names, hosts=hosts))
    found = read_answer(done.stdout)
    failures = [answer["msg"] for answer in found.values() if answer.get("failed")]
    if done.returncode or failures or not found:
        raise _refusal(path, hosts, str(failures[0]) if failures else done.stderr)
    facts = {host: answer["msg"] for host, answer in found.items()}
    groups = next(iter(facts.values()))["groups"]
    return Inventory(groups, {host: _set(fact["variables"]) for host, fact in facts.items()})


def matching_hosts(path: Path, pattern: str) -> list[str]:
    """The hosts that a pattern matches, by Ansible's own reading of it; RollwayError for none."""
    done = _run([_ANSIBLE, f"--inventory={path}", "--list-hosts", pattern])
    found = [line.strip() for line in done.stdout.splitlines()[1:]]  # below `hosts (2):`
    if done.returncode or not found:
        raise RollwayError(
            "--limit",
            f"{pattern!r} matches no host of inventories/{path.name}",
            accepted="names and groups of the inventory",
            next=f"ansible-inventory --inventory=inventories/{path.name} --graph",
        )
    return found


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        list(command),
        cwd=ROOT,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        encoding="utf-8",
    )


def _set(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The lookup takes no None for a default, so what is not set comes as empty text."""
    return {name: None if value == "" else value for name, value in variables.items()}


def command_of(path: Path, names: Sequence[str], *, hosts: str) -> list[str]:
    """The arguments, as a list; `names` are names of variables, not of a user's making."""
    # `default(none)` would also swallow a variable whose own template names something unknown
    find = "lookup('ansible.builtin.vars', '{0}', default='')"
    wanted = ", ".join(f"'{name}': {find.format(name)}" for name in names)
    message = "{{ {'groups': groups, 'variables': {" + wanted + "} } }}"
    return [
        _ANSIBLE,
        f"--inventory={path}",
        "--module-name=ansible.builtin.debug",
        f"--args={json.dumps({'msg': message})}",
        hosts,
    ]


def read_answer(output: str) -> dict[str, dict[str, Any]]:
    """Host → result of the one task, from what the callback `ansible.posix.json` printed."""
    try:
        plays = json.loads(output[output.index("{") :])["plays"]
    except (ValueError, KeyError):
        return {}
    return {host: one for play in plays for t in play["tasks"] for host, one in t["hosts"].items()}


def _environment() -> dict[str, str]:
    output = {"ANSIBLE_LOAD_CALLBACK_PLUGINS": "1", "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}
    return {**os.environ, **output, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "NO_COLOR": "1"}


def _refusal(path: Path, hosts: str, said: str) -> RollwayError:
    reason = " ".join(said.split())[:_LONGEST_REASON]
    return RollwayError(
        f"inventories/{path.name}",
        reason or f"no host matches {hosts!r}",
        accepted="an inventory with a host in the group app, and the password of its vaults",
        next=f"ansible-inventory --inventory=inventories/{path.name} --graph",
    )
