"""What a killed Compose or engine leaves in a slot: the next run clears it away."""

from __future__ import annotations

import pytest

from rollway import exits
from tests.faults.fleet import Fleet, container_of, idle_slot, state_of, until
from tests.integration.fault_fleet import deploy_past_first_wave
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

HOST = "app-2"
TEMPORARY = "0123456789ab"  # what Compose puts before a name while it replaces a container


def test_a_temporary_container_does_not_wedge_the_next_run(fleet: Fleet, baking: Lab) -> None:
    slot = idle_slot(fleet.lab, HOST)
    _leave_behind(fleet.lab, slot)
    with fleet.unharmed():
        fleet.deploy(fleet.other, lab=baking)  # another release: it starts anew
    fleet.serves(fleet.other)
    assert _left(fleet.lab) == ""
    assert fleet.lab.invoke("drift").returncode == exits.DONE


def _leave_behind(lab: Lab, slot: str) -> None:
    """A container that Compose made and did not come to rename."""
    serving = container_of(lab, HOST)
    image = lab.on(HOST, "docker", "inspect", "--format={{.Config.Image}}", serving).strip()
    labels = {"project": f"iris-{slot}", "service": "api-1", "container-number": "1"}
    named = [f"--label=com.docker.compose.{name}={value}" for name, value in labels.items()]
    name = f"{TEMPORARY}_{container_of(lab, HOST, slot)}"
    lab.on(HOST, "docker", "create", f"--name={name}", *named, image)


def _left(lab: Lab) -> str:
    return lab.on(HOST, "docker", "ps", "--all", "--quiet", f"--filter=name={TEMPORARY}_").strip()


def test_an_engine_that_is_killed_during_a_start_is_no_trouble_for_the_next_run(
    fleet: Fleet, baking: Lab
) -> None:
    with fleet.unharmed():
        process, _ = deploy_past_first_wave(baking, fleet.other)
        until(lambda: _is_starting(fleet.lab), "the start never began")
        fleet.lab.on(HOST, "systemctl", "kill", "--signal=KILL", "docker.service")
        _, errors = process.communicate(timeout=180)
        assert process.returncode in (exits.DONE, exits.FAILED, exits.NEEDS_PERSON), errors
        until(lambda: _has_engine(fleet.lab), "the engine never came back", seconds=60)
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def _is_starting(lab: Lab) -> bool:
    return (state_of(lab, HOST)["phase"] or {}).get("step") == "start"


def _has_engine(lab: Lab) -> bool:
    asked = "docker version --format={{.Server.Version}} 2>/dev/null || true"
    return bool(lab.on(HOST, "sh", "-c", asked).strip())
