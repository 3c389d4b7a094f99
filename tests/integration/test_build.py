"""`build` against the lab's registry, and the image that it makes."""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest
import requests

from rollway.build import load_target
from tests.integration.lab_fleet import ROOT, Lab

pytestmark = pytest.mark.lab


def build(lab: Lab, version: str, *options: str) -> subprocess.CompletedProcess[str]:
    return lab.invoke("build", "--app=iris", f"--version={version}", *options)


@pytest.fixture(scope="module")
def name() -> str:
    """A version that nobody pushed before: versions are never built twice."""
    return f"it-{secrets.token_hex(4)}"


@pytest.fixture(scope="module")
def record(lab: Lab, name: str) -> dict[str, Any]:
    ran = build(lab, name, "--json")
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


def test_the_record_is_kept(record: dict[str, Any], name: str) -> None:
    kept = ROOT / ".rollway" / "builds" / "iris" / f"{name}.json"
    assert json.loads(kept.read_text(encoding="utf-8")) == record
    assert record["images"][0]["is_new"] is True


def test_building_again_from_the_same_does_nothing(
    lab: Lab, record: dict[str, Any], name: str
) -> None:
    ran = build(lab, name)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[1] == record["images"][0]["digest"]
    assert "was there already" in ran.stderr


@pytest.mark.usefixtures("record")
def test_a_version_is_not_built_from_anything_else(lab: Lab, name: str) -> None:
    ran = build(lab, name, "--build-arg=FAULT=never_ready")
    assert ran.returncode == 6
    assert (
        f"the version {name} is in the registry, built from other files or arguments" in ran.stderr
    )
    assert ran.stdout == ""


def test_an_argument_that_the_dockerfile_does_not_know_is_refused(lab: Lab, name: str) -> None:
    ran = build(lab, f"{name}-typo", "--build-arg=FALT=never_ready")
    assert ran.returncode == 1
    assert "--build-arg=FALT: no Dockerfile declares it by ARG" in ran.stderr


def test_a_new_version_adds_no_layer(lab: Lab, record: dict[str, Any], name: str) -> None:
    ran = build(lab, f"{name}-next", "--json")
    assert ran.returncode == 0, ran.stderr
    image = json.loads(ran.stdout)["images"][0]
    assert image["digest"] != record["images"][0]["digest"]
    client = load_target(lab.inventory).client()
    manifests = [client._image_manifests("iris", version)[0] for version in (name, f"{name}-next")]
    assert manifests[0]["layers"] == manifests[1]["layers"]


@contextmanager
def running(lab: Lab, version: str, **environment: str) -> Iterator[Any]:
    """A container of the image just built, on a loopback port of the engine's choice."""
    image = f"{load_target(lab.inventory).controller}/iris:{version}"
    container = docker.from_env().containers.run(
        image,
        detach=True,
        read_only=True,
        environment=environment,
        ports={"8000/tcp": ("127.0.0.1", None)},
        labels={"io.rollway.lab": lab.env},
    )
    try:
        yield container
    finally:
        container.remove(force=True)


def address(container: Any) -> str:
    container.reload()
    port = container.ports["8000/tcp"][0]["HostPort"]
    return f"http://127.0.0.1:{port}"


def wait_until_ready(url: str) -> None:
    for _ in range(200):
        try:
            if requests.get(f"{url}/v2/health/ready", timeout=1).ok:
                return
        except requests.RequestException:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{url} is not ready after 10 s")


@pytest.mark.usefixtures("record")
def test_the_image_serves_its_version_and_stops_without_cutting(lab: Lab, name: str) -> None:
    with running(lab, name) as container:
        url = address(container)
        wait_until_ready(url)
        assert requests.get(f"{url}/v2/models/iris", timeout=5).json()["version"] == name
        assert container.exec_run(["python3", "-I", "-S", "healthcheck.py"]).exit_code == 0
        assert container.exec_run(["id", "-un"]).output == b"nobody\n"
        stream = requests.get(f"{url}/v2/models/iris/stream?seconds=2", stream=True, timeout=30)
        container.kill(signal="SIGTERM")
        lines = [json.loads(line) for line in stream.iter_lines()]
        assert lines[-1]["done"] is True
        assert container.wait(timeout=30)["StatusCode"] == 0


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("fault", ["crash_loop", "typo"])
def test_the_image_ends_where_it_cannot_serve(lab: Lab, name: str, fault: str) -> None:
    with running(lab, name, FAULT=fault) as container:
        assert container.wait(timeout=30)["StatusCode"] == 1
        assert container.logs().startswith(b"iris: FAULT")
