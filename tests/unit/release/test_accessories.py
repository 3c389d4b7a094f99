from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from rollway.errors import RollwayError
from rollway.release.accessories import addresses_on
from tests.unit.release.app_fixtures import DIGEST, HOSTS, api, build, compose, rendered, write

ONE_HOST = {"app-1": "10.77.0.11"}


def content(told: dict[str, Any] | None = None, **db: Any) -> dict[str, Any]:
    service = {"image": "postgres:16", "ports": ["127.0.0.1:5432:5432"], **db}
    settings = {"class": "accessory", "hosts": "app-1", **(told or {})}
    return compose(
        services={"db": {key: one for key, one in service.items() if one is not None}},
        x_rollway={"services": {"db": {key: one for key, one in settings.items() if one}}},
    )


def test_an_accessory_is_a_project_of_its_own(tmp_path: Path) -> None:
    file = content(volumes=["data:/var/lib/postgresql/data"], environment={"A": "$$"})
    manifest = build(tmp_path, {**file, "volumes": {"data": None}})
    accessories = manifest["accessories"]
    assert accessories["images"] == {"db": f"postgres:16@{DIGEST}"}
    assert accessories["services"] == [
        {
            "name": "db",
            "hosts": ["app-1"],
            "addresses": {"app-1": "10.77.0.11"},
            "port": 5432,
            "condition": "service_started",
        }
    ]
    assert manifest["volumes"] == ["iris_data"]
    assert yaml.safe_load(accessories["compose"]) == {
        "services": {
            "db": {
                "image": f"postgres:16@{DIGEST}",
                "environment": {"A": "$$"},
                "restart": "unless-stopped",
                "labels": {
                    "io.rollway.app": "iris",
                    "io.rollway.class": "accessory",
                    "io.rollway.service": "db",
                },
                "networks": {"default": {"aliases": ["db"]}},
                "ports": [
                    {
                        "host_ip": "${ROLLWAY_ADDRESS}",
                        "published": "5432",
                        "target": 5432,
                        "protocol": "tcp",
                    }
                ],
                "volumes": [
                    {"type": "volume", "source": "data", "target": "/var/lib/postgresql/data"}
                ],
            }
        },
        "volumes": {"data": {"external": True, "name": "iris_data"}},
    }


def test_slots_reach_it_by_its_name(tmp_path: Path) -> None:
    project = rendered(tmp_path, content())
    assert list(project["services"]) == ["api-1"]
    assert project["services"]["api-1"]["extra_hosts"] == ["db=${ROLLWAY_ACCESSORY_DB}"]


def test_its_hash_is_that_of_its_own_definition(tmp_path: Path) -> None:
    write(tmp_path, "db.conf", "a")
    one = build(tmp_path, content(volumes=["./db.conf:/etc/db.conf:ro"]))
    file = content(volumes=["./db.conf:/etc/db.conf:ro"])
    file["services"]["api"] = api(command="other")
    other = build(tmp_path, file)
    assert other["hash"] != one["hash"]
    assert other["accessories"]["hash"] == one["accessories"]["hash"]
    write(tmp_path, "db.conf", "b")
    third = build(tmp_path, file)
    assert third["accessories"]["compose"] == one["accessories"]["compose"]
    assert third["accessories"]["hash"] != one["accessories"]["hash"]
    assert [entry["path"] for entry in third["files"]] == ["accessories/binds/db.conf"]


def test_it_says_what_it_writes_to(tmp_path: Path) -> None:
    """Whatever else writes there refuses its start, also where nobody makes the volume."""
    write(tmp_path, "db.conf", "a")
    mounts = ["rows:/rows", "far:/far", "/srv/db/:/db", "/etc/x:/x:ro", "./db.conf:/c", "/unnamed"]
    volumes = {"rows": None, "far": {"external": True, "name": "shop_rows"}}
    manifest = build(tmp_path, {**content(volumes=mounts), "volumes": volumes})
    assert manifest["accessories"]["data"] == {"db": ["/srv/db", "iris_rows", "shop_rows"]}
    assert manifest["volumes"] == ["iris_rows"]


PORTS: list[tuple[str, dict[str, Any], int]] = [
    ("the first of its ports", content(ports=["5000:5432", "9187"]), 5432),
    ("the first that it exposes", content(ports=None, expose=["6379"]), 6379),
    ("the one that is told", content({"port": 9187}, ports=["5432"]), 9187),
]


@pytest.mark.parametrize(
    ("file", "port"), [case[1:] for case in PORTS], ids=[case[0] for case in PORTS]
)
def test_its_port(tmp_path: Path, file: dict[str, Any], port: int) -> None:
    accessories = build(tmp_path, file)["accessories"]
    assert accessories["services"][0]["port"] == port
    published = yaml.safe_load(accessories["compose"])["services"]["db"]["ports"]
    assert port in [entry["target"] for entry in published]


PLACES: list[tuple[str, Any, dict[str, str], list[str]]] = [
    ("the only host", None, ONE_HOST, ["app-1"]),
    ("the host that is told", "app-2", HOSTS, ["app-2"]),
    ("a list of one", ["app-2"], HOSTS, ["app-2"]),
    ("every host", "all", HOSTS, ["app-1", "app-2"]),
    ("every host by name", ["app-2", "app-1"], HOSTS, ["app-1", "app-2"]),
]


@pytest.mark.parametrize(
    ("hosts", "fleet", "expected"), [case[1:] for case in PLACES], ids=[case[0] for case in PLACES]
)
def test_its_hosts(tmp_path: Path, hosts: Any, fleet: dict[str, str], expected: list[str]) -> None:
    manifest = build(tmp_path, content({"hosts": hosts}), hosts=fleet)
    assert manifest["accessories"]["services"][0]["hosts"] == expected


@pytest.mark.parametrize(
    ("hosts", "address"),
    [("app-1", "10.77.0.11"), ("all", "10.77.0.12")],
    ids=["the only one", "its own host's"],
)
def test_a_slot_knows_where_it_is(tmp_path: Path, hosts: str, address: str) -> None:
    manifest = build(tmp_path, content({"hosts": hosts}))
    assert addresses_on(manifest, "app-2") == {"db": address}


def test_without_accessories_there_are_no_addresses(tmp_path: Path) -> None:
    assert addresses_on(build(tmp_path, compose()), "app-1") == {}


THREE = {**HOSTS, "app-3": "10.77.0.13"}
BAD: list[tuple[str, dict[str, Any], str]] = [
    (
        "no host among several",
        content({"hosts": None}),
        (
            "x-rollway/services/db/hosts: it is missing, and there are 3 app hosts; "
            "accepted: all, or one of app-1, app-2, app-3"
        ),
    ),
    (
        "a host that is not there",
        content({"hosts": "app-9"}),
        "x-rollway/services/db/hosts: 'app-9' is no app host; accepted: app-3, app-2, app-1",
    ),
    (
        "two hosts of three",
        content({"hosts": ["app-1", "app-2"]}),
        (
            "x-rollway/services/db/hosts: app-1, app-2: which of them other hosts shall reach "
            "is not known; accepted: all, or one of app-1, app-2, app-3"
        ),
    ),
    (
        "no port",
        content(ports=None),
        (
            "services/db/ports: slots cannot reach it; "
            "accepted: x-rollway: {services: {db: {class: accessory, port: NUMBER}}}"
        ),
    ),
]


@pytest.mark.parametrize(
    ("file", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_is_wrong_is_said(tmp_path: Path, file: dict[str, Any], message: str) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, file, hosts=THREE)
    assert f": {message}; next: " in str(caught.value)


def _two(one: str, other: str, **cache: Any) -> dict[str, Any]:
    file = content({"hosts": one})
    file["services"]["cache"] = {"image": "redis:7", "expose": ["5432"], **cache}
    file["x-rollway"]["services"]["cache"] = {"class": "accessory", "hosts": other}
    return file


def test_two_accessories_cannot_have_one_port_on_one_host(tmp_path: Path) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, _two("app-1", "all"))
    assert (
        "x-rollway/services/cache/port: 5432 belongs to 'db' on app-1; "
        "accepted: another port, or another host" in str(caught.value)
    )


def test_they_can_on_two_hosts(tmp_path: Path) -> None:
    assert len(build(tmp_path, _two("app-1", "app-2"))["accessories"]["services"]) == 2


def test_an_accessory_cannot_wait_for_one_on_another_host(tmp_path: Path) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, _two("app-1", "app-2", depends_on=["db"]))
    assert "services/cache/depends_on/db: it is on another host" in str(caught.value)
