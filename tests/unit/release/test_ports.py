from __future__ import annotations

from typing import Any

import pytest

from rollway.config.problems import Problems
from rollway.release.ports import ACCEPTED, Port, check_claims, exposed_by, ports_of

GOOD: list[tuple[Any, Port]] = [
    (8000, Port((8000,), (), "", "tcp")),
    ("8000", Port((8000,), (), "", "tcp")),
    ("80:8000", Port((8000,), (80,), "", "tcp")),
    ("22:22", Port((22,), (22,), "", "tcp")),
    ("127.0.0.1:80:8000", Port((8000,), (80,), "127.0.0.1", "tcp")),
    ("127.0.0.1::8000", Port((8000,), (), "127.0.0.1", "tcp")),
    ("[::1]:80:8000", Port((8000,), (80,), "[::1]", "tcp")),
    ("53:53/udp", Port((53,), (53,), "", "udp")),
    ("80-82:8000-8002", Port((8000, 8001, 8002), (80, 81, 82), "", "tcp")),
    ({"target": 80}, Port((80,), (), "", "tcp")),
    (
        {"target": "80", "published": "8080", "host_ip": "::1", "protocol": "udp"},
        Port((80,), (8080,), "::1", "udp"),
    ),
]


@pytest.mark.parametrize(("entry", "expected"), GOOD, ids=[str(case[0]) for case in GOOD])
def test_every_spelling_is_read(entry: Any, expected: Port) -> None:
    problems = Problems("file")
    assert ports_of({"ports": [entry]}, "services/api", problems) == [expected]
    assert problems.found == []


BAD: list[Any] = [
    "",
    "x",
    "80:",
    "70000",
    "0",
    "9-8",
    "80/icmp",
    "a:80:80",
    True,
    1.5,
    None,
    {},
    [],
]


@pytest.mark.parametrize("entry", BAD, ids=repr)
def test_anything_else_is_refused(entry: Any) -> None:
    problems = Problems("file")
    assert ports_of({"ports": [entry]}, "services/api", problems) == []
    assert problems.found == [f"services/api/ports/0: {entry!r}; accepted: {ACCEPTED}"]


def test_exposed_ports_are_targets() -> None:
    problems = Problems("file")
    assert exposed_by({"expose": ["80", 81, "90-91"]}, "services/api", problems) == [80, 81, 90, 91]
    assert exposed_by({"expose": ["x"]}, "services/api", problems) == []
    assert problems.found == ["services/api/expose/0: 'x'; accepted: \"8000\""]


CLAIMS: list[tuple[str, list[Any], list[Any], bool]] = [
    ("the same port", ["80:8000"], ["80:9000"], True),
    ("on every address and on one", ["80:8000"], ["127.0.0.1:80:80"], True),
    ("within a range", ["80-90:80-90"], ["85:85"], True),
    ("in two spellings", ["80:8000"], [{"target": 1, "published": 80}], True),
    ("on two addresses", ["127.0.0.1:80:80"], ["127.0.0.2:80:80"], False),
    ("by two protocols", ["53:53"], ["53:53/udp"], False),
    ("two ports", ["80:80"], ["81:80"], False),
    ("no host port", ["80"], ["80"], False),
]


@pytest.mark.parametrize(
    ("one", "other", "clashes"), [case[1:] for case in CLAIMS], ids=[case[0] for case in CLAIMS]
)
def test_two_services_cannot_publish_one_port(
    one: list[Any], other: list[Any], clashes: bool
) -> None:
    problems = Problems("file")
    check_claims({"a": {"ports": one}, "b": {"ports": other}}, problems)
    assert bool(problems.found) is clashes


def test_the_error_names_both_services() -> None:
    problems = Problems("file")
    check_claims({"a": {"ports": ["80:1"]}, "b": {"ports": ["80:2"]}}, problems)
    assert problems.found == [
        "services/b/ports: 80 is published by 'a' too; accepted: another port"
    ]
