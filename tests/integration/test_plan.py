"""`plan` on real hosts: nothing changes, and a saved plan is carried out once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollway import exits
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long


def _build(lab: Lab, version: str) -> None:
    ran = lab.invoke("build", f"--version={version}")
    assert ran.returncode == exits.DONE, ran.stderr


def test_a_saved_plan_is_carried_out_once(lab: Lab, tmp_path: Path) -> None:
    for version in ("p-1", "p-2"):
        _build(lab, version)
    assert lab.invoke("deploy", "--version=p-1").returncode == exits.DONE
    before, path = lab.status(), tmp_path / "release.plan"
    planned = lab.invoke("plan", "--version=p-2", "--json", f"--out={path}")
    assert planned.returncode == exits.DONE, planned.stderr
    found = json.loads(planned.stdout)
    assert found["waves"] == [[host] for host in lab.hosts]
    assert found["hosts"][0]["pull_bytes"] < 1 << 20  # the layers of p-1, which the host has
    assert found["hosts"][0]["services"][0]["image"] in found["differences"][0]["compose"]
    assert lab.status() == before
    assert lab.invoke("deploy", f"--plan={path}").returncode == exits.DONE
    assert lab.status()["version"] == "p-2"
    again = lab.invoke("deploy", f"--plan={path}")
    assert again.returncode == exits.REFUSED
    assert "changed since the plan was made" in again.stderr
    assert lab.status()["locks"] == []
