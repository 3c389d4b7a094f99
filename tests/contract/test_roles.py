"""Roles: what they take is written twice, and both say the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.repository import ROOT, lines, loaded

ROLES = [
    pytest.param(path, id=path.name)
    for path in sorted((ROOT / "roles").glob("*"))
    if (path / "tasks").is_dir()
]
TASK_LINES = 80
# Steps of a run, which mean nothing alone: the playbook's scenario is theirs.
IN_SCENARIO = {"release": "deploy", "run": "deploy", "waves": "deploy"}


def _defaults(role: Path) -> dict[str, Any]:
    path = role / "defaults" / "main.yml"
    return dict(loaded(path) or {}) if path.exists() else {}


def _options(role: Path) -> dict[str, dict[str, Any]]:
    specs = loaded(role / "meta" / "argument_specs.yml")["argument_specs"]
    return dict(specs["main"].get("options") or {})


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_argument_specs(role: Path) -> None:
    spec = loaded(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]
    assert spec.get("short_description")
    for name, option in (spec.get("options") or {}).items():
        assert option.get("description"), f"{name} has no description"
        assert option.get("type"), f"{name} has no type"


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_say_the_same(role: Path) -> None:
    specified = {
        name: option["default"] for name, option in _options(role).items() if "default" in option
    }
    assert specified == _defaults(role)


@pytest.mark.parametrize("role", ROLES)
def test_what_has_no_default_is_required_or_said_to_be_optional(role: Path) -> None:
    undecided = [
        name
        for name, option in _options(role).items()
        if "default" not in option and "required" not in option
    ]
    assert undecided == []


@pytest.mark.parametrize("role", ROLES)
def test_inputs_carry_the_role_s_prefix(role: Path) -> None:
    allowed = (f"{role.name}_", "rollway_")
    assert [name for name in _options(role) if not name.startswith(allowed)] == []
    assert [name for name in _defaults(role) if not name.startswith(f"{role.name}_")] == []


def _registered(node: Any) -> list[str]:
    """Names that tasks register, set as facts, or loop with."""
    if isinstance(node, list):
        return [name for item in node for name in _registered(item)]
    if not isinstance(node, dict):
        return []
    names = [str(node[key]) for key in ("register", "loop_var", "index_var") if key in node]
    names += [name for name in node.get("ansible.builtin.set_fact") or {} if name != "cacheable"]
    nested = [node[key] for key in ("block", "rescue", "always", "loop_control") if key in node]
    return names + _registered(nested)


@pytest.mark.parametrize("role", ROLES)
def test_internal_names_carry_the_internal_prefix(role: Path) -> None:
    found = [name for path in role.glob("tasks/*.yml") for name in _registered(loaded(path))]
    assert [name for name in found if not name.startswith(f"__{role.name}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_tasks_files_are_short(role: Path) -> None:
    long = {path.name: lines(path) for path in role.rglob("tasks/**/*.yml")}
    assert {name: count for name, count in long.items() if count > TASK_LINES} == {}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_scenario(role: Path) -> None:
    scenario = IN_SCENARIO.get(role.name, role.name)
    assert (ROOT / "molecule" / scenario / "converge.yml").exists()
