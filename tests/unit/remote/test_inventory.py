"""These run `ansible` for real: it asks no host, and its output can only be guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollway.errors import RollwayError
from rollway.remote.inventory import command_of, load_inventory, matching_hosts, read_answer

HOSTS = """
all:
  vars:
    secret: hunter2
    rollway_registry_password: "{{ secret }}"
    rollway_variables: {WORKERS: 3}
  children:
    app: {hosts: {app-1: {rollway_address: 10.0.0.1}, app-2: {}}}
    edge: {hosts: {edge-1: {}}}
"""
NAMES = ("rollway_registry_password", "rollway_variables", "rollway_address")


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "hosts.yml").write_text(HOSTS)
    return tmp_path


def test_templates_are_resolved(inventory: Path) -> None:
    found = load_inventory(inventory, NAMES)
    assert found.groups["app"] == ["app-1", "app-2"]
    assert found.variables == {
        "app-1": {
            "rollway_registry_password": "hunter2",
            "rollway_variables": {"WORKERS": 3},
            "rollway_address": "10.0.0.1",
        }
    }


def test_a_template_that_cannot_be_resolved_is_a_refusal(inventory: Path) -> None:
    broken = HOSTS.replace("{{ secret }}", "{{ nowhere }}")
    (inventory / "hosts.yml").write_text(broken)
    with pytest.raises(RollwayError, match="'nowhere' is undefined"):
        load_inventory(inventory, ["rollway_variables", "rollway_registry_password"])


def test_a_group_without_hosts_is_a_refusal(inventory: Path) -> None:
    (inventory / "hosts.yml").write_text("all: {hosts: {db-1: {}}}\n")
    with pytest.raises(RollwayError) as refusal:
        load_inventory(inventory, NAMES)
    assert str(refusal.value).startswith(f"inventories/{inventory.name}: ")
    assert "accepted: an inventory with a host in the group app" in str(refusal.value)


PATTERNS = [
    pytest.param("app-1,edge-1", ["app-1", "edge-1"], id="names"),
    pytest.param("app:!app-1", ["app-2"], id="a group without a host"),
    pytest.param("app:&odd", ["app-1"], id="what two groups share"),
    pytest.param("app-2:edge,app-1", ["app-2", "edge-1", "app-1"], id="both separators"),
    pytest.param("app[0:1]:!app-1", ["app-2"], id="places in a group"),
]


@pytest.mark.parametrize(("pattern", "hosts"), PATTERNS)
def test_a_pattern_is_read_by_ansible(pattern: str, hosts: list[str], inventory: Path) -> None:
    (inventory / "hosts.yml").write_text(f"{HOSTS}    odd: {{hosts: {{app-1: {{}}}}}}\n")
    assert matching_hosts(inventory, pattern) == hosts


UNKNOWN = [
    pytest.param("app-9", "'app-9'", id="a name"),
    pytest.param("app-1,nope", "'nope'", id="a name beside a host"),
    pytest.param("app:!nope", "'nope'", id="a name to leave out"),
    pytest.param("!app-9:!app-8", "'app-9', 'app-8'", id="names to leave out"),
    pytest.param("app[5]", "'app[5]'", id="a place beyond the group's end"),
    pytest.param("app:&edge", "'app:&edge'", id="what no host has in common"),
]


@pytest.mark.parametrize(("pattern", "named"), UNKNOWN)
def test_a_term_that_matches_no_host_is_a_refusal(
    pattern: str, named: str, inventory: Path
) -> None:
    with pytest.raises(RollwayError) as refusal:
        matching_hosts(inventory, pattern)
    assert str(refusal.value) == (
        f"--limit: {named} matches no host of inventories/{inventory.name}; accepted: names and "
        "groups of the inventory; next: "
        f"ansible-inventory --inventory=inventories/{inventory.name} --graph"
    )


def test_the_arguments_are_a_list(inventory: Path) -> None:
    command = command_of(inventory, ["a"], hosts="app[0]")
    assert command[1:3] == [f"--inventory={inventory}", "--module-name=ansible.builtin.debug"]
    wanted = "'a': lookup('ansible.builtin.vars', 'a', default='')"
    message = "{{ {'groups': groups, 'variables': {" + wanted + "} } }}"
    assert json.loads(command[3].removeprefix("--args=")) == {"msg": message}
    assert command[4] == "app[0]"


ANSWERS = [
    ("nothing", "", {}),
    ("words", "[WARNING]: no hosts", {}),
    (
        "words before the answer",
        '[WARNING]: x\n{"plays": [{"tasks": [{"hosts": {"app-1": {"msg": 1}}}]}]}',
        {"app-1": {"msg": 1}},
    ),
]


@pytest.mark.parametrize(
    ("output", "answer"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS]
)
def test_reads_answers(output: str, answer: dict[str, object]) -> None:
    assert read_answer(output) == answer
