from __future__ import annotations

import pytest

from rollway.build.target import Target, read_target
from rollway.errors import RollwayError


def test_reads_an_environment() -> None:
    variables = {
        "rollway_registry": "10.77.0.5:5000",
        "rollway_registry_controller": "127.0.0.1:24006",
        "rollway_registry_ca": "/etc/ca.pem",
        "rollway_registry_username": "rollway",
        "rollway_registry_password": "secret",
        "rollway_variables": {"WORKERS": 3, "DEBUG": True},
        "rollway_build_args": {"BASE_IMAGE": "debian"},
    }
    target = read_target(variables, inventory="staging")
    assert target == Target(
        "10.77.0.5:5000",
        "127.0.0.1:24006",
        ca="/etc/ca.pem",
        username="rollway",
        password="secret",
        variables={"WORKERS": "3", "DEBUG": "true"},
        build_args={"BASE_IMAGE": "debian"},
    )
    assert target.login() == {"username": "rollway", "password": "secret"}
    assert "secret" not in repr(target)


def test_the_hosts_name_is_the_controllers_unless_said_otherwise() -> None:
    target = read_target({"rollway_registry": "reg.example.com"}, inventory="staging")
    assert target.controller == "reg.example.com"
    assert target.login() is None


def test_without_a_registry_nothing_can_be_pushed() -> None:
    with pytest.raises(RollwayError) as refusal:
        read_target({"rollway_registry": None}, inventory="staging")
    assert str(refusal.value) == (
        "inventories/staging: rollway_registry is not set; "
        "accepted: host:port of the registry that the app hosts pull from; "
        "next: set it in inventories/staging/hosts.yml or group_vars/all.yml"
    )
