"""A tag that names another image in the middle of a run: every host has what is on record."""

from __future__ import annotations

import json

import pytest
import requests

from rollway import exits
from rollway.build import Target, load_target
from tests.faults.fleet import Fleet, new_version
from tests.integration.fault_fleet import build, deploy_past_first_wave
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


def test_a_tag_that_moves_in_mid_run_parts_no_host_from_the_others(
    fleet: Fleet, baking: Lab
) -> None:
    version, target = new_version(7), load_target(fleet.lab.inventory)
    build(fleet.lab, version)
    with fleet.unharmed(version):
        process, _ = deploy_past_first_wave(baking, version)
        _move(target, version, onto=fleet.now)
        said, errors = process.communicate(timeout=180)
    assert process.returncode == exits.DONE, errors
    wanted = set(json.loads(said)["images"].values())
    fleet.serves(version)
    found = [set(host["images"].values()) for host in fleet.lab.status()["hosts"]]
    assert found == [wanted] * len(fleet.lab.hosts)
    moved = target.client().resolve(f"{target.registry}/iris:{version}")
    assert moved not in wanted, "the tag never moved"


def _move(target: Target, version: str, *, onto: str) -> None:
    """Let the tag of a version name the image of another one."""
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands between this machine and itself
        session.auth = (str(target.username), str(target.password))
        session.verify = target.ca
        manifests = f"https://{target.controller}/v2/iris/manifests"
        found = session.get(f"{manifests}/{onto}", headers={"Accept": ", ".join(TYPES)}, timeout=10)
        found.raise_for_status()
        kind = {"Content-Type": found.headers["Content-Type"]}
        put = session.put(f"{manifests}/{version}", data=found.content, headers=kind, timeout=10)
        put.raise_for_status()
