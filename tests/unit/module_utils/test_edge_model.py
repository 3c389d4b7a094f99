"""What becomes part of HAProxy's configuration passes an allow-list."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.edge_model import read_backend, read_servers, to_json
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.edge_samples import backend

BACKEND: dict[str, Any] = {"ready": "/ready", "hosts": ["Api.Example.com"], "drain_seconds": 30}
SERVER: dict[str, Any] = {
    "name": "app-1-blue-1",
    "host": "app-1",
    "slot": "blue",
    "address": "192.0.2.11",
    "port": 20000,
    "state": "ready",
    "weight": 100,
}


def test_a_backend_is_read_with_its_defaults() -> None:
    found = read_backend("iris", BACKEND)
    assert (found.hosts, found.path, found.retry) == (("api.example.com",), "/", ())
    assert read_backend("iris", to_json(found)) == found


BAD_BACKENDS = [
    ("a space in ready", {"ready": "/a b"}),
    ("a new line in ready", {"ready": "/a\nserver x"}),
    ("a new line at the end of ready", {"ready": "/a\n"}),
    ("a quote in ready", {"ready": '/"a'}),
    ("a backslash in ready", {"ready": "/a\\"}),
    ("a hash in ready", {"ready": "/a#b"}),
    ("an environment variable in ready", {"ready": "/${HOME}"}),
    ("a relative ready", {"ready": "ready"}),
    ("no ready", {"ready": None}),
    ("a query in path", {"path": "/a?b"}),
    ("a space in path", {"path": "/a b"}),
    ("a host with a path", {"hosts": ["a/b"]}),
    ("a host with a new line", {"hosts": ["a\n* other"]}),
    ("a host with a port", {"hosts": ["a:80"]}),
    ("a host with an empty label", {"hosts": ["a..b"]}),
    ("a host that begins with a dash", {"hosts": ["-a"]}),
    ("a wildcard", {"hosts": ["*.example.com"]}),
    ("a host that is too long", {"hosts": [".".join(["a" * 60] * 5)]}),
    ("a method with a brace", {"retry": ["GET }"]}),
    ("a method in small letters", {"retry": ["get"]}),
    ("negative seconds", {"drain_seconds": -1}),
    ("seconds that are no number", {"drain_seconds": "nan"}),
    ("seconds that are a word", {"drain_seconds": "long"}),
]


@pytest.mark.parametrize("change", [c[1] for c in BAD_BACKENDS], ids=[c[0] for c in BAD_BACKENDS])
def test_a_backend_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        read_backend("iris", {**BACKEND, **change})
    assert caught.value.data["where"] == f"backend/{next(iter(change))}"


@pytest.mark.parametrize("app", ["", "A", "a b", "a/../b", "a\n", "-a", "a" * 41])
def test_an_application_s_name_is_checked(app: str) -> None:
    with pytest.raises(Problem):
        read_backend(app, BACKEND)


BAD_SERVERS = [
    ("a command in the name", {"name": "a;shutdown"}, "servers/name"),
    ("a space in the name", {"name": "a b"}, "servers/name"),
    ("a new line in the name", {"name": "a\n"}, "servers/name"),
    ("a name of a character", {"name": "/"}, "servers/name"),
    ("a host with a space", {"host": "a b"}, "servers/app-1-blue-1/host"),
    ("a third slot", {"slot": "red"}, "servers/app-1-blue-1/slot"),
    ("a name for an address", {"address": "localhost"}, "servers/app-1-blue-1/address"),
    ("an address with a zone", {"address": "fe80::1%eth0 x"}, "servers/app-1-blue-1/address"),
    ("a number for an address", {"address": 3221225985}, "servers/app-1-blue-1/address"),
    ("port 0", {"port": 0}, "servers/app-1-blue-1/port"),
    ("a port too high", {"port": 65536}, "servers/app-1-blue-1/port"),
    ("a port with more", {"port": "80 disabled"}, "servers/app-1-blue-1/port"),
    ("a port that is true", {"port": True}, "servers/app-1-blue-1/port"),
    ("no port", {"port": None}, "servers/app-1-blue-1/port"),
    ("a weight too high", {"weight": 257}, "servers/app-1-blue-1/weight"),
    ("a negative weight", {"weight": -1}, "servers/app-1-blue-1/weight"),
    ("half a weight", {"weight": 0.5}, "servers/app-1-blue-1/weight"),
    ("drain", {"state": "drain"}, "servers/app-1-blue-1/state"),
]


@pytest.mark.parametrize(
    ("change", "where"), [c[1:] for c in BAD_SERVERS], ids=[c[0] for c in BAD_SERVERS]
)
def test_a_server_that_cannot_be_is_refused(change: dict[str, Any], where: str) -> None:
    with pytest.raises(Problem) as caught:
        read_servers([{**SERVER, **change}])
    assert caught.value.data["where"] == where


def test_servers_are_read_back_as_they_were_written() -> None:
    found = read_servers([SERVER, {**SERVER, "name": "b", "port": "20001", "weight": 0}])
    assert read_servers([to_json(server) for server in found]) == found


TWICE = [
    ("a name", {"port": 20001}, "is also that of app-1-blue-1"),
    ("an address", {"name": "other"}, "192.0.2.11:20000 is also that of app-1-blue-1"),
]


@pytest.mark.parametrize(("change", "found"), [c[1:] for c in TWICE], ids=[c[0] for c in TWICE])
def test_what_stands_there_twice_is_refused(change: dict[str, Any], found: str) -> None:
    with pytest.raises(Problem, match=found):
        read_servers([SERVER, {**SERVER, **change}])


KEYS = [
    ("no host and no path", {}, ["*/"]),
    ("hosts", {"hosts": ("a.example", "b.example")}, ["a.example/", "b.example/"]),
    ("a path", {"hosts": ("a.example",), "path": "/v1"}, ["a.example/v1/"]),
    ("a path with its end", {"path": "/v1/"}, ["*/v1/"]),
]


@pytest.mark.parametrize(("change", "keys"), [c[1:] for c in KEYS], ids=[c[0] for c in KEYS])
def test_keys_end_with_a_slash(change: dict[str, Any], keys: list[str]) -> None:
    assert backend(**change).keys == keys
