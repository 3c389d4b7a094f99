"""What a person changes behind Rollway's back is named, host by host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rollway import exits
from tests.integration.fault_fleet import serve
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def released(lab: Lab) -> Lab:
    """The lab with one release on every host."""
    serve(lab)
    assert _drift(lab) == (exits.DONE, [])
    return lab


@pytest.fixture
def container(released: Lab) -> Iterator[str]:
    """The container that serves on the first host; started again afterwards."""
    slot = released.status()["hosts"][0]["slot"]
    name = f"iris-{slot}-api-1-1"
    yield name
    released.on(released.hosts[0], "docker", "start", name)


def _drift(lab: Lab, *options: str) -> tuple[int, list[dict[str, Any]]]:
    ran = lab.invoke("drift", "--json", *options)
    return ran.returncode, list(json.loads(ran.stdout)["findings"])


def _told(findings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(one["host"], one["kind"], one["found"]) for one in findings]


def test_a_container_that_was_stopped_is_named_with_what_starts_it(
    released: Lab, container: str
) -> None:
    host = released.hosts[0]
    released.on(host, "docker", "stop", "--time=1", container)
    code, findings = _drift(released)
    assert (code, _told(findings)) == (exits.DRIFT, [(host, "container", "exited")])
    assert findings[0]["next"] == f"./invoke doctor --env={released.env} --app=iris --fix"
    (first, *_) = released.shown_status()["hosts"]
    assert (first["healthy"], first["lacking"][0]["running"]) == (False, 0)
    assert released.invoke("doctor", "--fix").returncode == exits.DONE
    assert _drift(released) == (exits.DONE, [])


def test_a_file_edited_on_a_host_and_a_server_moved_at_the_edge(released: Lab) -> None:
    status = released.status()
    release, slot, host = status["release"], status["hosts"][1]["slot"], released.hosts[1]
    file = f"/var/lib/rollway/iris/releases/{release}/compose.yml"
    edge, server = status["edges"][0]["host"], f"rollway_iris/{host}-{slot}-1"
    socket = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])"
    tell = f"{socket}; s.sendall(sys.argv[2].encode()); s.recv(4096)"
    weight = ("python3", "-c", tell, "/run/haproxy-master.sock")
    released.on(host, "sed", "-i", "1i # edited", file)
    released.on(edge, *weight, f"@1 set server {server} weight 50\n")
    try:
        code, findings = _drift(released)
    finally:
        released.on(host, "sed", "-i", "1d", file)
        released.on(edge, *weight, f"@1 set server {server} weight 100\n")
    assert code == exits.DRIFT
    assert [one[:2] for one in _told(findings)] == [(host, "file"), (edge, "server")]
    assert _drift(released) == (exits.DONE, [])
