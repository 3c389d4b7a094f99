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
from rollway.remote.pattern import check_known, name_of
from rollway.remote.pattern import terms as pattern_terms
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
    """The hosts that a pattern leaves, by Ansible's own reading of its terms.

    RollwayError where one of them matches no host, or none is left.
    """
    terms = pattern_terms(pattern)
    done = _run(match_command_of(path, terms))
    found: list[Any] = [answer.get("msg") for answer in read_answer(done.stdout).values()]
    if done.returncode or not found:
        raise _refusal(path, pattern, str(found[0]) if found else done.stderr)
    fleet = f"inventories/{path.name}"
    check_known(dict(zip(terms, found[0]["each"], strict=True)), fleet=fleet)
    if not found[0]["whole"]:
        check_known({pattern: []}, fleet=fleet)
    return list(found[0]["whole"])


def match_command_of(path: Path, terms: Sequence[str]) -> list[str]:
    """The arguments for what terms match: `each` alone, and the `whole` of them."""
    names = [name_of(term) for term in terms]
    find = "query('ansible.builtin.inventory_hostnames', {0})"  # `*`: a term each
    each = ", ".join(find.format(f"rollway_names[{number}]") for number in range(len(names)))
    message = f"{{{{ {{'each': [{each}], 'whole': {find.format('*rollway_terms')}}} }}}}"
    return [
        _ANSIBLE,
        f"--inventory={path}",
        "--module-name=ansible.builtin.debug",
        f"--args={json.dumps({'msg': message})}",
        f"--extra-vars={json.dumps({'rollway_names': names, 'rollway_terms': terms})}",
        "localhost",
    ]


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
