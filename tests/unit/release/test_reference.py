from __future__ import annotations

import pytest

from rollway.errors import RollwayError
from rollway.release.reference import Reference, parse_reference

DIGEST = "sha256:" + "a1" * 32

READ = [
    (
        "a tag in a registry with a port",
        "10.77.0.5:5000/iris:1.4.0",
        ("10.77.0.5:5000", "iris", "1.4.0", None),
    ),
    ("no tag means latest", "localhost/iris", ("localhost", "iris", "latest", None)),
    ("a digest alone", f"reg.example.com/iris@{DIGEST}", ("reg.example.com", "iris", None, DIGEST)),
    (
        "a tag and a digest",
        f"reg.example.com/iris:1@{DIGEST}",
        ("reg.example.com", "iris", "1", DIGEST),
    ),
    ("folders in the repository", "ghcr.io/a/b__c/d-e:v1", ("ghcr.io", "a/b__c/d-e", "v1", None)),
    ("an IPv6 registry", "[fd00::5]:5000/iris:1", ("[fd00::5]:5000", "iris", "1", None)),
    ("a bare name is Docker Hub's", "redis:7", ("docker.io", "library/redis", "7", None)),
    (
        "a name with an owner is Docker Hub's",
        "prom/node",
        ("docker.io", "prom/node", "latest", None),
    ),
    ("Docker Hub by name", "docker.io/redis:7", ("docker.io", "library/redis", "7", None)),
    ("a folder that looks like no host", "team/iris:1", ("docker.io", "team/iris", "1", None)),
]


@pytest.mark.parametrize(
    ("text", "parts"), [case[1:] for case in READ], ids=[case[0] for case in READ]
)
def test_reads(text: str, parts: tuple[str, str, str | None, str | None]) -> None:
    assert parse_reference(text) == Reference(*parts)


REFUSED = [
    ("nothing", ""),
    ("capitals in the repository", "reg.example.com/Iris:1"),
    ("a tag with a space", "iris:1 0"),
    ("a tag with a line end", "iris:1\n"),
    ("a tag that begins with a dot", "iris:.1"),
    ("a tag of 129 characters", "iris:" + "a" * 129),
    ("a digest cut short", "iris@sha256:abc"),
    ("an empty folder", "reg.example.com//iris"),
    ("a way out of the repository", "reg.example.com/../iris"),
    ("an option", "--privileged"),
    ("a web address", "https://reg.example.com/iris"),
    ("a variable", "${REGISTRY}/iris"),
]


@pytest.mark.parametrize("text", [case[1] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refuses(text: str) -> None:
    with pytest.raises(RollwayError, match="it is not the name of an image"):
        parse_reference(text)
