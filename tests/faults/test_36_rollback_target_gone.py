"""What a rollback goes back to was taken away by hand: it is made anew, or nothing moves."""

from __future__ import annotations

import json

import pytest

from rollway import exits
from tests.faults.fleet import Fleet, container_of, idle_slot
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault

HOST = "app-2"


def test_a_warm_container_that_is_gone_is_started_anew(fleet: Fleet) -> None:
    fleet.deploy(fleet.other)
    _remove_warm(fleet.lab)
    with fleet.unharmed():
        ran = fleet.lab.invoke("rollback", "--json")
    assert ran.returncode == exits.DONE, ran.stderr
    actions = {one["host"]: one["action"] for one in json.loads(ran.stdout)["hosts"]}
    assert actions == {host: "start" if host == HOST else "shift" for host in fleet.lab.hosts}
    fleet.serves(fleet.now)


@pytest.mark.long
def test_an_image_that_is_gone_moves_nothing_and_is_named(fleet: Fleet) -> None:
    fleet.deploy(fleet.other)
    image = _remove_warm(fleet.lab)
    fleet.lab.on(HOST, "docker", "image", "rm", "--force", image)
    with fleet.unchanged(), fleet.unharmed():
        ran = fleet.lab.invoke("rollback")
    assert ran.returncode == exits.FAILED, ran.stderr
    assert "no such image" in ran.stderr.lower()
    with fleet.unharmed():
        fleet.deploy(fleet.now)  # the registry has it still
    fleet.serves(fleet.now)


def _remove_warm(lab: Lab) -> str:
    """Remove the container that waits in the warm slot; what it was made of."""
    name = container_of(lab, HOST, idle_slot(lab, HOST))
    image = lab.on(HOST, "docker", "inspect", "--format={{.Config.Image}}", name).strip()
    lab.on(HOST, "docker", "rm", "--force", name)
    return image
