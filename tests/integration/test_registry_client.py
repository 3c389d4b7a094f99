"""The registry client against the lab's registry: TLS by the lab's own authority, and a login."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, replace

import pytest

from rollway import exits
from rollway.build import Target, load_target
from rollway.errors import RollwayError
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.lab


@dataclass(frozen=True)
class Pushed:
    target: Target
    version: str
    digest: str

    @property
    def reference(self) -> str:
        return f"{self.target.registry}/iris:{self.version}"


@pytest.fixture(scope="module")
def pushed(lab: Lab) -> Pushed:
    """One version of the demo, in the lab's registry."""
    version = f"it-{secrets.token_hex(4)}"
    ran = lab.invoke("build", "--app=iris", f"--version={version}")
    assert ran.returncode == 0, ran.stderr
    image, digest = ran.stdout.split()
    target = load_target(lab.inventory)
    assert image == f"{target.registry}/iris:{version}"
    return Pushed(target, version, digest)


def test_a_tag_is_resolved_to_the_digest_that_was_pushed(pushed: Pushed) -> None:
    resolved = pushed.target.client().resolve(pushed.reference)
    assert resolved == f"{pushed.target.registry}/iris@{pushed.digest}"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", pushed.digest)


def test_tags_name_the_version(pushed: Pushed) -> None:
    client = pushed.target.client()
    assert pushed.version in client.tags("iris")
    assert client.tags("nobody-pushed-this") == []


def test_a_version_that_is_not_there_is_a_refusal_that_names_others(pushed: Pushed) -> None:
    with pytest.raises(RollwayError) as refusal:
        pushed.target.client().resolve(f"{pushed.target.registry}/iris:never-pushed")
    assert refusal.value.exit_code == exits.REFUSED
    known = pushed.target.client().tags("iris")[-10:]
    assert refusal.value.accepted == ", ".join(known)


def test_sizes_and_labels_are_those_of_the_image(pushed: Pushed) -> None:
    client = pushed.target.client()
    assert 10 << 20 < (client.size_bytes(pushed.reference) or 0) < 300 << 20
    labels = client.labels("iris", pushed.version)
    assert labels["org.opencontainers.image.version"] == pushed.version
    assert {
        f"org.opencontainers.image.{name}" for name in ("revision", "created", "source")
    } <= set(labels)


TROUBLE = [
    (
        "a wrong password",
        {"password": "wrong"},
        "the login for iris was refused (401); next: set rollway_registry_username",
    ),
    ("an authority that is not known", {"ca": None}, "its certificate is not trusted: "),
    ("a port where nobody listens", {"controller": "127.0.0.1:9"}, "it cannot be reached: "),
]


@pytest.mark.parametrize(
    ("change", "message"), [case[1:] for case in TROUBLE], ids=[case[0] for case in TROUBLE]
)
def test_trouble(pushed: Pushed, change: dict[str, str | None], message: str) -> None:
    target = replace(pushed.target, **change)  # type: ignore[arg-type]
    started = time.monotonic()
    with pytest.raises(RollwayError) as trouble:
        target.client().resolve(pushed.reference)
    assert time.monotonic() - started < 10
    assert trouble.value.exit_code == exits.REFUSED
    assert message in str(trouble.value)
    assert "wrong" not in str(trouble.value)
