"""What is beyond retention leaves every host; what serves and what it may go back to stays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollway import exits
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

VERSIONS = ("prune-1", "prune-2", "prune-3")


@pytest.fixture(scope="module")
def released(lab: Lab) -> Lab:
    """The lab after three releases: the third serves, the second is warm."""
    for version in VERSIONS:
        assert lab.invoke("build", f"--version={version}").returncode == exits.DONE
        ran = lab.invoke("deploy", f"--version={version}")
        assert ran.returncode == exits.DONE, ran.stderr
    return lab


def _prune(lab: Lab, *options: str) -> dict[str, Any]:
    ran = lab.invoke("prune", "--json", *options)
    assert ran.returncode == exits.DONE, ran.stderr
    return dict(json.loads(ran.stdout))


def _kept(lab: Lab, host: str) -> list[str]:
    return lab.on(host, "ls", "/var/lib/rollway/iris/releases").split()


def _images(lab: Lab, host: str) -> list[str]:
    listed = lab.on(host, "docker", "images", "--digests", "--format", "{{.Digest}}")
    return sorted(line for line in listed.split() if line.startswith("sha256:"))


def test_check_lists_what_a_prune_then_frees(released: Lab) -> None:
    host = released.hosts[0]
    before = _kept(released, host), _images(released, host)
    listed = _prune(released, "--keep=1", "--check")
    assert (_kept(released, host), _images(released, host)) == before
    done = _prune(released, "--keep=1")
    assert [one["releases"] for one in done["hosts"]] == [
        one["releases"] for one in listed["hosts"]
    ]
    assert all(one["releases"] for one in done["hosts"])
    assert 0 < done["bytes"] <= listed["bytes"]
    for one in done["hosts"]:
        assert sorted(_kept(released, one["host"])) == one["kept"]
        assert not set(one["releases"]) & set(_kept(released, one["host"]))


def test_what_serves_and_the_warm_slot_stay_and_a_rollback_still_works(released: Lab) -> None:
    _prune(released, "--keep=1")
    assert released.status()["version"] == VERSIONS[-1]
    assert released.invoke("drift").returncode == exits.DONE
    ran = released.invoke("rollback")
    assert ran.returncode == exits.DONE, ran.stderr
    assert released.status()["version"] == VERSIONS[-2]


def test_a_freeze_keeps_a_prune_out(released: Lab) -> None:
    frozen = released.invoke("lock.acquire", "--reason=prune", "--json")
    assert frozen.returncode == exits.DONE, frozen.stderr
    before = _kept(released, released.hosts[0])
    try:
        ran = released.invoke("prune", "--keep=1", "--json")
        assert ran.returncode == exits.LOCKED
        assert json.loads(ran.stdout)["sentence"] == "refused; nothing was removed"
        assert _kept(released, released.hosts[0]) == before
    finally:
        run = json.loads(frozen.stdout)["run"]
        assert released.invoke("lock.release", f"--run={run}").returncode == exits.DONE
