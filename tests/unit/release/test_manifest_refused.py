"""Compose files of which no release is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import api, build, compose


@pytest.mark.parametrize("replicas", [0, -1, 101, "many", 1.5])
def test_a_number_of_replicas_that_is_none(tmp_path: Path, replicas: Any) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, compose(services={"api": api(deploy={"replicas": replicas})}))
    assert f"services/api/deploy/replicas: {replicas!r}; accepted: a number from 1 to 100" in str(
        caught.value
    )


BAD: list[tuple[str, dict[str, Any], str]] = [
    (
        "no image",
        compose(services={"mail": api(), "api": {"build": "."}}),
        "services/api/image: it is missing; accepted: image: NAME:TAG, also beside `build`",
    ),
    (
        "an image that is an option",
        compose(services={"mail": api(), "api": {"image": "--privileged"}}),
        "services/api/image: '--privileged'; accepted: ",
    ),
    (
        "ports of a worker",
        compose(services={"mail": api(ports=["25:25"])}),
        (
            "services/mail/ports: a worker service that x-rollway.http does not name has none; "
            "accepted: `expose`, or x-rollway.http.service: mail"
        ),
    ),
    (
        "one port of the host for two services",
        compose(services={"api": api(ports=["80:80"]), "mail": api(ports=["80:80"])}),
        "services/mail/ports: 80 is published by 'api' too; accepted: another port",
    ),
    (
        "a volume that is not declared",
        compose(services={"api": api(volumes=["data:/data"])}),
        "volumes/data: it is used and not declared",
    ),
    (
        "a network that is not declared",
        compose(services={"api": api(networks=["back"])}),
        "networks/back: it is used and not declared",
    ),
    (
        "a volume with a name that is none",
        compose(services={"api": api(volumes=["d:/d"])}, volumes={"d": {"name": "../old"}}),
        "volumes/d/name: '../old'; accepted: 1 to 128 of A-Z a-z 0-9 . _ -, the first a letter or",
    ),
    (
        "a named volume where each slot is to have its own",
        compose(
            services={"api": api(volumes=["d:/d"])},
            volumes={"d": {"name": "old"}},
            x_rollway={"services": {"api": {"class": "web", "volumes": "per_slot"}}},
        ),
        (
            "volumes/d/name: both slots would share it, and a service asks for volumes: per_slot; "
            "accepted: no name, or volumes: shared"
        ),
    ),
]


@pytest.mark.parametrize(
    ("file", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_cannot_be_released_is_said(
    tmp_path: Path, file: dict[str, Any], message: str
) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, file)
    assert message in str(caught.value)


def test_an_image_that_yaml_reads_as_a_number_is_refused(tmp_path: Path) -> None:
    file = compose(
        services={"db": {"image": 3}},
        x_rollway={"services": {"db": {"class": "accessory", "hosts": "app-1", "port": 5432}}},
    )
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, file)
    assert str(caught.value) == (
        "apps/iris/compose.yml: services/db/image: 3; accepted: "
        "[registry/]repository[:tag][@sha256:…], the repository in lower case; "
        "next: edit apps/iris/compose.yml (docs/compose.md)"
    )
