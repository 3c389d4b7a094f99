from __future__ import annotations

from typing import Any

import pytest

from rollway.errors import RollwayError
from rollway.remote.access import NAMES, access_of, load_access
from rollway.remote.playbook import ROOT

LAB = {
    "ansible_host": "127.0.0.1",
    "ansible_port": 2201,
    "ansible_user": "root",
    "ansible_ssh_private_key_file": "/x y/id",
    "ansible_ssh_common_args": (
        "-o 'UserKnownHostsFile=\"/x y/known_hosts\"' -o StrictHostKeyChecking=yes "
        "-o IdentitiesOnly=yes"
    ),
}


def test_the_settings_of_the_lab() -> None:
    found = access_of("app-1", LAB)
    assert (found.address, found.port, found.user) == ("127.0.0.1", 2201, "root")
    assert found.key == "/x y/id"
    assert found.options == {
        "userknownhostsfile": '"/x y/known_hosts"',
        "stricthostkeychecking": "yes",
        "identitiesonly": "yes",
    }
    assert found.as_root(["docker", "ps"]) == ["docker", "ps"]


def test_the_settings_of_the_staging_example() -> None:
    """Read by Ansible itself, from the inventory as it stands."""
    found = load_access(ROOT / "inventories" / "staging", "app")
    assert [access.address for access in found] == ["192.0.2.11", "192.0.2.12"]
    assert (found[0].name, found[0].user) == ("app-1.staging.example.com", "deploy")
    assert found[0].as_root(["docker", "ps"]) == ["sudo", "-n", "--", "docker", "ps"]


OPTIONS: list[Any] = [
    pytest.param("-oPort=1 -o 'Port 2'", {"port": "1"}, id="the first of a name counts"),
    pytest.param(
        "-J jump -i /k -l me",
        {"proxyjump": "jump", "identityfile": "/k", "user": "me"},
        id="the short forms",
    ),
    pytest.param(
        "-o ProxyCommand='nc -x a=b %h'", {"proxycommand": "nc -x a=b %h"}, id="a command"
    ),
]


@pytest.mark.parametrize(("text", "options"), OPTIONS)
def test_options_are_read_as_ssh_reads_them(text: str, options: dict[str, str]) -> None:
    assert access_of("a", {"ansible_ssh_common_args": text}).options == options


@pytest.mark.parametrize("port", [1, 65535, "2201"])
def test_a_port_of_tcp_is_taken(port: Any) -> None:
    assert access_of("a", {"ansible_port": port}).port == int(port)


REFUSED: list[Any] = [
    pytest.param({"ansible_connection": "local"}, "a/ansible_connection: 'local'", id="no SSH"),
    pytest.param(
        {"ansible_become": True, "ansible_become_method": "su"},
        "a/ansible_become_method",
        id="another way to root",
    ),
    pytest.param(
        {"ansible_ssh_common_args": "-F /x"},
        "a/ansible_ssh_common_args: '-F' is not understood; accepted: -o NAME=VALUE",
        id="what cannot be honoured is not left out in silence",
    ),
    *(
        pytest.param(
            {key: "-o 'x"},
            f'a/{key}: "-o \'x": no closing quotation; accepted: arguments as a shell takes them',
            id=f"a quote that does not end, in {key}",
        )
        for key in ("ansible_ssh_common_args", "ansible_ssh_extra_args")
    ),
    *(
        pytest.param(
            {"ansible_ssh_common_args": text},
            "a/ansible_ssh_common_args: '99999999'; accepted: a port, 1 to 65535",
            id=f"the port of {text}",
        )
        for text in ("-p 99999999", "-o Port=99999999")
    ),
    *(
        pytest.param(
            {"ansible_port": port},
            f"a/ansible_port: {port!r}; accepted: a port, 1 to 65535; next: edit the inventory",
            id=f"the port {port!r}",
        )
        for port in (99999999, 65536, 0, -1, "ssh", "22 ", "٢٢", True, 22.5)
    ),
    pytest.param({"ansible_ssh_extra_args": "-o"}, "'-o' is not understood", id="no value"),
]


@pytest.mark.parametrize(("variables", "words"), REFUSED)
def test_what_cannot_be_honoured_is_refused(variables: dict[str, Any], words: str) -> None:
    with pytest.raises(RollwayError) as refusal:
        access_of("a", variables)
    assert words in str(refusal.value)
    assert set(variables) <= set(NAMES)
