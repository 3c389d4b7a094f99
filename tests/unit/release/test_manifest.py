from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.rollway.manifest import Manifest

from rollway.release.manifest import NOT_HASHED
from tests.unit.release.app_fixtures import DIGEST, REGISTRY, api, build, compose, rendered, write


def test_a_manifest_has_everything_that_hosts_work_by(tmp_path: Path) -> None:
    file = compose(services={"mail": api(command="mail", deploy={"replicas": 2})})
    manifest = build(tmp_path, file)
    assert {key: manifest[key] for key in ("schema", "app", "version", "id", "created")} == {
        "schema": 1,
        "app": "iris",
        "version": "1.0",
        "id": "",
        "created": "2026-01-01T00:00:00Z",
    }
    image = f"{REGISTRY}/iris:1.0@{DIGEST}"
    assert manifest["images"] == {"api": image, "mail": image}
    assert manifest["accessories"] is None
    assert manifest["http"]["service"] == "api"
    assert manifest["rollout"]["waves"] == [1]
    common = {
        "has_healthcheck": False,
        "ready_deadline_seconds": 60.0,
        "stop_grace_seconds": 10.0,
        "memory_bytes": None,
    }
    assert manifest["services"] == [
        {
            "name": "api",
            "class": "web",
            "replicas": 1,
            "containers": ["api-1"],
            "port": 8000,
            "start_first": True,
            **common,
        },
        {
            "name": "mail",
            "class": "worker",
            "replicas": 2,
            "containers": ["mail-1", "mail-2"],
            "port": None,
            "start_first": False,
            **common,
        },
    ]


def test_it_may_have_workers_only(tmp_path: Path) -> None:
    manifest = build(tmp_path, {"services": {"mail": api()}})
    assert manifest["http"] is None
    assert "ports" not in yaml.safe_load(manifest["compose"])["services"]["mail-1"]


def test_a_worker_may_start_first(tmp_path: Path) -> None:
    update = {"update_config": {"order": "start-first"}}
    manifest = build(tmp_path, compose(services={"mail": api(deploy=update)}))
    assert manifest["services"][1]["start_first"] is True


def test_replicas_have_ports_of_their_own_and_one_name(tmp_path: Path) -> None:
    services = rendered(tmp_path, compose(services={"api": api(deploy={"replicas": 2})}))[
        "services"
    ]
    assert [one["ports"][0]["published"] for one in services.values()] == [
        "${ROLLWAY_PORT_API_1}",
        "${ROLLWAY_PORT_API_2}",
    ]
    assert [one["networks"]["default"]["aliases"] for one in services.values()] == [["api"]] * 2


def test_the_hash_is_that_of_the_content(tmp_path: Path) -> None:
    manifest = build(tmp_path, compose())
    content = {key: value for key, value in manifest.items() if key not in NOT_HASHED}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert manifest["hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_the_hash_does_not_depend_on_the_order_of_keys_or_files(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b")
    one = api(environment={"A": "1", "B": "2"}, env_file=["a"], volumes=["./b:/b"], user="1")
    other = dict(reversed(one.items())) | {"environment": ["B=2", "A=1"]}
    hashes = {
        build(tmp_path, compose(services={"api": service}))["hash"] for service in (one, other)
    }
    assert len(hashes) == 1


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("the environment", {"environment": {"A": "2"}}),
    ("the command", {"command": "other"}),
    ("a limit", {"mem_limit": "1g"}),
    ("the replicas", {"deploy": {"replicas": 2}}),
    ("a grace", {"stop_grace_period": "1m"}),
]


@pytest.mark.parametrize("change", [case[1] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_what_runs_changes_the_hash(tmp_path: Path, change: dict[str, Any]) -> None:
    base = api(environment={"A": "1"})
    one, other = (
        build(tmp_path, compose(services={"api": service}))["hash"]
        for service in (base, {**base, **change})
    )
    assert one != other


def test_a_file_changes_the_hash(tmp_path: Path) -> None:
    file = compose(services={"api": api(volumes=["./conf:/conf:ro"])})
    write(tmp_path, "conf", "a")
    one = build(tmp_path, file)["hash"]
    write(tmp_path, "conf", "b")
    assert build(tmp_path, file)["hash"] != one


def test_an_image_changes_the_hash(tmp_path: Path) -> None:
    one = build(tmp_path, compose())["hash"]
    other = build(tmp_path, compose(), resolve=lambda image: f"{image}@sha256:{'b' * 64}")["hash"]
    assert one != other


def test_each_image_is_resolved_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def resolve(image: str) -> str:
        asked.append(image)
        return image

    manifest = build(tmp_path, compose(services={"mail": api()}), resolve=resolve)
    assert asked == [f"{REGISTRY}/iris:1.0"]
    assert manifest["notes"] == [
        (
            f"image {REGISTRY}/iris:1.0: it has no digest, so hosts may get different ones; "
            f"write {REGISTRY}/iris:1.0@sha256:…"
        )
    ]


NOTES: list[tuple[str, dict[str, Any], str]] = [
    (
        "other ports of the http service",
        {"ports": ["8000:8000", "9090:9090"]},
        "services/api/ports: only 8000 is reached from outside, not 9090",
    ),
    (
        "a grace that is shorter than the drain",
        {"stop_grace_period": "5s"},
        (
            "services/api/stop_grace_period: 5 s, shorter than x-rollway.http.drain_seconds 30: "
            "after the drain a request has only that"
        ),
    ),
    (
        "power over the host",
        {"privileged": True},
        "services/api/privileged: True gives it power over the host",
    ),
    (
        "a shared volume",
        {"volumes": ["data:/data"]},
        (
            "services/api/volumes: both slots use data while they overlap; "
            "x-rollway.services.api.volumes: per_slot keeps them apart"
        ),
    ),
]


@pytest.mark.parametrize(
    ("keys", "note"), [case[1:] for case in NOTES], ids=[case[0] for case in NOTES]
)
def test_the_plan_says_what_one_may_not_expect(
    tmp_path: Path, keys: dict[str, Any], note: str
) -> None:
    file = compose(services={"api": api(**keys)}, volumes={"data": None})
    assert build(tmp_path, file)["notes"] == [note]


def test_a_volume_of_each_slot(tmp_path: Path) -> None:
    file = compose(
        services={
            "api": api(volumes=["data:/data", "both:/both"]),
            "mail": api(volumes=["data:/d"]),
        },
        volumes={"data": None, "both": None, "old": {"external": True}},
        x_rollway={"services": {"mail": {"class": "worker", "volumes": "per_slot"}}},
    )
    manifest = build(tmp_path, file)
    assert manifest["volumes"] == ["iris_both"]
    assert yaml.safe_load(manifest["compose"])["volumes"] == {
        "both": {"external": True, "name": "iris_both"},
        "data": {},
    }


def test_a_volume_with_a_name_of_its_own_is_made_under_that_name(tmp_path: Path) -> None:
    file = compose(services={"api": api(volumes=["d:/d"])}, volumes={"d": {"name": "old_d"}})
    built = build(tmp_path, file)
    assert built["volumes"] == ["old_d"]
    rendered = yaml.safe_load(built["compose"])
    assert rendered["volumes"] == {"d": {"external": True, "name": "old_d"}}


def test_the_target_side_reads_it(tmp_path: Path) -> None:
    file = compose(
        services={"mail": api(), "db": {"image": "postgres:16", "ports": ["5432"]}},
        x_rollway={"services": {"db": {"class": "accessory", "hosts": "all"}}},
    )
    read = Manifest.from_json({**build(tmp_path, file), "id": "1-1.0"})
    assert read.containers("web") == ["api-1"]
    assert read.containers("worker") == ["mail-1"]
    assert read.accessories
    assert read.accessories.on("app-2") == ["db"]
    assert read.accessories.images == (f"postgres:16@{DIGEST}",)
