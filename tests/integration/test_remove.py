"""An application leaves the lab, and comes back with its data."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from rollway import exits
from tests.integration.fault_fleet import GOOD, deploy, serve
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.lab

VERSION = GOOD[0]
OURS = "--filter=label=io.rollway.app=iris"
DATA = "iris_kept"


@pytest.fixture
def released(lab: Lab) -> Lab:
    """The lab with a release that serves, and a volume of the application on its first host."""
    serve(lab, VERSION)
    lab.on(lab.hosts[0], "docker", "volume", "create", "--label=io.rollway.app=iris", DATA)
    return lab


def _ask(lab: Lab) -> int:
    try:
        with urllib.request.urlopen(f"{lab.url}/v2/models/iris", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def _left(lab: Lab, host: str) -> str:
    """Containers, networks, timers and releases of the application on a host."""
    named = ("--filter=name=iris-", "--quiet")
    found = lab.on(host, "docker", "ps", "--all", "--quiet", OURS)
    found += lab.on(host, "docker", "network", "ls", *named)
    found += lab.on(
        host, "sh", "-c", "systemctl list-units --plain --no-legend 'rollway-reap-iris*'"
    )
    found += lab.on(host, "sh", "-c", "ls /var/lib/rollway/iris/releases 2>/dev/null || true")
    return found + lab.on(
        host, "sh", "-c", "grep -o '\"iris\"' /var/lib/rollway/ports.json || true"
    )


def test_without_a_yes_nothing_happens(released: Lab) -> None:
    ran = released.invoke("remove", "--app=iris")
    assert ran.returncode == exits.USAGE
    assert "asks before a remove" in ran.stderr
    assert _ask(released) == 200


def test_it_leaves_edges_and_hosts_and_comes_back(released: Lab) -> None:
    before = released.status()["release"]
    assert released.invoke("remove", "--app=iris", "--check").returncode == exits.DONE
    assert _ask(released) == 200
    ran = released.invoke("remove", "--app=iris", "--yes", "--json")
    assert ran.returncode == exits.DONE, ran.stderr
    assert json.loads(ran.stdout)["outcome"] == "removed"
    assert [_left(released, host) for host in released.hosts] == [""] * len(released.hosts)
    assert _ask(released) == 503
    status = released.status()
    assert [edge["servers"] for edge in status["edges"]] == [[]]
    assert (status["release"], status["locks"]) == (None, [])
    assert DATA in released.on(released.hosts[0], "docker", "volume", "ls", "--quiet")
    again = released.invoke("remove", "--app=iris", "--yes")
    assert again.returncode == exits.DONE, again.stderr
    assert "there is nothing of iris" in again.stderr
    came_back = deploy(released, VERSION)["release"]
    assert int(came_back.partition("-")[0]) > int(before.partition("-")[0])
    assert _ask(released) == 200


@pytest.mark.long
def test_one_that_fails_on_a_host_is_continued(released: Lab) -> None:
    """Somebody else's container uses the volume, so that host cannot be finished."""
    first = released.hosts[0]
    ours = released.on(first, "docker", "ps", "--quiet", OURS).split()[0]
    image = released.on(first, "docker", "inspect", "--format={{.Image}}", ours).strip()
    stranger = ("docker", "run", "--detach", f"--volume={DATA}:/kept", "--entrypoint=sleep")
    name = released.on(first, *stranger, image, "600").strip()
    try:
        ran = released.invoke("remove", "--app=iris", "--yes", "--volumes")
        assert ran.returncode == exits.NEEDS_PERSON, ran.stderr
        assert f"is still on {first}" in ran.stderr
        status = released.status()
        assert (status["locks"], status["interrupted_run"]["step"]) == ([], "remove")
    finally:
        released.on(first, "docker", "rm", "--force", name)
    again = released.invoke("remove", "--app=iris", "--yes", "--volumes")
    assert again.returncode == exits.DONE, again.stderr
    assert DATA not in released.on(first, "docker", "volume", "ls", "--quiet")
    deploy(released, VERSION)


@pytest.mark.long
def test_volumes_go_where_that_is_asked(released: Lab) -> None:
    ran = released.playbook(
        "remove",
        "--extra-vars=rollway_app=iris",
        "--extra-vars=rollway_yes=true",
        "--extra-vars=rollway_volumes=true",
    )
    assert ran.returncode == 0, ran.stdout
    assert DATA not in released.on(released.hosts[0], "docker", "volume", "ls", "--quiet")
    deploy(released, VERSION)
