"""A deploy of some hosts: the edge keeps them all, the mixture is told, the next one heals it."""

from __future__ import annotations

import json

import pytest

from rollway import exits
from tests.faults.fleet import Fleet
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault


def test_a_limited_deploy_is_told_as_skew_until_the_next_full_one(fleet: Fleet) -> None:
    first, *others = fleet.lab.hosts
    with fleet.unharmed():
        fleet.deploy(fleet.other, f"--limit={first}")
        status = fleet.lab.status()
        assert [host["version"] for host in status["hosts"]] == [fleet.other, fleet.now, fleet.now]
        assert all(host["in_rotation"] for host in status["hosts"])
        newest = max(status["hosts"], key=lambda host: int(host["release"].partition("-")[0]))
        behind = others if newest["host"] == first else [first]
        assert _skewed(fleet.lab) == (exits.DRIFT, behind)
        assert _skewed(fleet.lab, f"--limit={first}") == (exits.DONE, [])
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)
    assert _skewed(fleet.lab) == (exits.DONE, [])


def _skewed(lab: Lab, *options: str) -> tuple[int, list[str]]:
    """The exit code of `drift`, and the hosts on another release; it finds nothing else."""
    ran = lab.invoke("drift", "--json", *options)
    findings = json.loads(ran.stdout)["findings"]
    assert {one["kind"] for one in findings} <= {"skew"}
    return ran.returncode, [one["host"] for one in findings]
