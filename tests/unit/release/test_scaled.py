"""A release that a host scales is the one that the controller renders with that number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.drift_files import content_hash
from ansible.module_utils.rollway.problem import Problem
from ansible.module_utils.rollway.scale import Scale, kind_of, scaled

from tests.unit.release.app_fixtures import api, build, compose, write

JOB = {"migrate": {"class": "job"}}
WAITING = {
    "front": api(depends_on={"api": {"condition": "service_healthy", "restart": True}}),
    "mail": api(depends_on=["api", "front"]),
}
HARD = {
    "environment": {"A": "depends_on:\n  api-1:\n", "${ROLLWAY_PORT_API_1}": "$$x $${HOME}"},
    "labels": {"a long key " * 15: 'published: "$${ROLLWAY_PORT_API_1}"', "two\nlines": "- x"},
    "command": ["api-1:", "  api-1:", 'published: "$${ROLLWAY_PORT_API_1}"', "ü€😀\x85"],
    "healthcheck": {"test": ["CMD", "true"], "interval": "5s"},
}
NAMED_AS_A_DATE = {
    "services": {"2001-01": api()},
    "x-rollway": {"http": {"service": "2001-01", "port": 8000}},
}
WORKER = compose(services={"mail": api(deploy={"replicas": 2})})
FILES: list[Any] = [
    pytest.param(compose(), "api", id="the service behind the edge"),
    pytest.param(WORKER, "mail", id="a worker"),
    pytest.param(compose(services=WAITING), "api", id="others wait for it"),
    pytest.param(compose(services={"api": api(**HARD)}), "api", id="texts that look like ours"),
    pytest.param(
        compose(services={"api-x": api(), "api0": api(), "ap": api()}), "api",
        id="neighbours in the order of names",
    ),
    pytest.param(
        compose(services={"api": api(volumes=["data:/d", "./conf:/c:ro"])}, volumes={"data": None}),
        "api", id="with volumes, networks and files",
    ),
    pytest.param(NAMED_AS_A_DATE, "2001-01", id="replicas named as dates"),
]  # fmt: skip


def _with(file: dict[str, Any], service: str, replicas: int) -> dict[str, Any]:
    services = {**file["services"]}
    services[service] = {**services[service], "deploy": {"replicas": replicas}}
    return {**file, "services": services}


def _built(folder: Path, file: dict[str, Any]) -> dict[str, Any]:
    write(folder, "conf")
    return build(folder, file)


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1), (3, 12), (12, 3), (1, 100)])
@pytest.mark.parametrize(("file", "service"), FILES)
def test_it_is_the_release_of_a_file_with_that_number(
    tmp_path: Path, file: dict[str, Any], service: str, before: int, after: int
) -> None:
    serving, wanted = (_built(tmp_path, _with(file, service, number)) for number in (before, after))
    found = scaled(serving, Scale(service, after))
    assert found["compose"] == wanted["compose"]
    assert {**found, "scaled": None} == {**wanted, "scaled": None}
    assert found["scaled"] == {service: after}


def test_there_and_back_is_the_same_release(tmp_path: Path) -> None:
    serving = _built(tmp_path, compose(services=WAITING))
    back = scaled(scaled(serving, Scale("api", 5)), Scale("api", 1))
    assert (back["hash"], back["compose"]) == (serving["hash"], serving["compose"])


def test_the_number_that_it_has_changes_nothing(tmp_path: Path) -> None:
    serving = _built(tmp_path, compose())
    assert scaled(serving, Scale("api", 1)) == serving


def test_each_service_keeps_its_own_number(tmp_path: Path) -> None:
    both = scaled(scaled(_built(tmp_path, WORKER), Scale("api", 3)), Scale("mail", 1))
    assert both["scaled"] == {"api": 3, "mail": 1}
    assert {one["name"]: one["replicas"] for one in both["services"]} == {"api": 3, "mail": 1}
    assert content_hash(both) == both["hash"]


def test_jobs_stay_with_the_release_that_has_done_them(tmp_path: Path) -> None:
    file = compose(services={"migrate": api(restart="no")}, x_rollway={"services": JOB})
    serving = _built(tmp_path, file)
    found = scaled(serving, Scale("api", 2))
    assert ("jobs" in serving, "jobs" in found) == (True, False)
    assert content_hash(found) == found["hash"]


KINDS = [("api", "web"), ("mail", "worker"), ("db", "accessory"), ("migrate", "job"), ("x", None)]


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_a_service_is_known_by_its_class(tmp_path: Path, service: str, kind: str | None) -> None:
    file = compose(
        services={
            "mail": api(),
            "migrate": api(restart="no"),
            "db": {"image": "postgres:16", "ports": ["5432"]},
        },
        x_rollway={"services": {**JOB, "db": {"class": "accessory", "hosts": "all"}}},
    )
    serving = _built(tmp_path, file)
    assert kind_of(serving, service) == kind
    if kind not in ("web", "worker"):
        with pytest.raises(Problem) as caught:
            scaled(serving, Scale(service, 2))
        assert caught.value.data["found"] == "no service of a slot"


def test_a_worker_that_is_alone_in_the_fleet_is_known(tmp_path: Path) -> None:
    serving = _built(tmp_path, WORKER)
    serving["services"][1]["singleton"] = True
    assert kind_of(serving, "mail") == "singleton"


@pytest.mark.parametrize("replicas", [0, -1, 101])
def test_a_number_beyond_the_bounds_is_named(replicas: int) -> None:
    with pytest.raises(Problem) as caught:
        Scale.from_json({"service": "api", "replicas": replicas})
    assert caught.value.data["accepted"] == "1 to 100"


def test_a_text_that_is_not_ours_is_named(tmp_path: Path) -> None:
    serving = {**_built(tmp_path, compose()), "compose": "services: {}\n"}
    with pytest.raises(Problem) as caught:
        scaled(serving, Scale("api", 2))
    assert caught.value.data["where"] == "compose.yml/services/api-1"
