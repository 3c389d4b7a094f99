"""Every machine loses its power in every phase of a run: only what is on record serves afterwards.

The controller stands still where a phase begins; the machine goes down and boots, and the run
goes on with whatever it finds.
"""

from __future__ import annotations

import signal
import subprocess

import pytest

from rollway import exits
from tests.faults.controller import ADVANCE, CONCLUDE, PLAN, command
from tests.faults.fleet import EDGE, Fleet, state_of, until
from tests.integration.fault_fleet import GOOD
from tests.integration.lab_fleet import Lab
from tests.load import traffic

STAGE = "release : Stage the release; the first wave starts it, edges get to know its servers"
SHIFT = "waves : Move the traffic of the waves"
PHASES = (PLAN, STAGE, SHIFT, ADVANCE, CONCLUDE)
MACHINES = ("app-1", "app-2", "app-3", EDGE)
ENDINGS = (exits.DONE, exits.FAILED, exits.NEEDS_PERSON, exits.REFUSED)
BOOT_SECONDS = 120.0
RATE = 120.0
SLOWEST_SECONDS = 4.0  # silence is known after 2.3 s at most, then the request goes elsewhere

pytestmark = pytest.mark.long


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("phase", PHASES)
def test_a_machine_without_power_comes_back_with_what_is_on_record(
    fleet: Fleet, machine: str, phase: str
) -> None:
    with traffic(fleet.lab.url, versions=GOOD, rate=RATE, finishes_streams=False) as report:
        code = _deploy_with_power_cut(fleet, machine, phase)
        until(
            lambda: _serves_what_is_recorded(fleet.lab),
            "a host serves something else than it recorded",
            seconds=BOOT_SECONDS,
        )
    print(f"{machine} in {phase!r}: {code}; {report.failed} of {report.sent} failed")
    assert code in ENDINGS
    if machine != EDGE:  # what was on its way to that host; without an edge nothing is answered
        assert report.failed <= RATE / len(fleet.lab.hosts) * SLOWEST_SECONDS, report.lost
    with fleet.unharmed():
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def _deploy_with_power_cut(fleet: Fleet, machine: str, phase: str) -> int:
    """Deploy, and cut a machine's power where the phase begins; the run's exit code."""
    with command(
        fleet.lab, "deploy", f"--version={fleet.other}", at=phase, number=signal.SIGSTOP
    ) as run:
        run.wait_until_stopped()
        container = f"rollway-{fleet.lab.env}-{machine}"
        for word in ("kill", "start"):
            subprocess.run(["docker", word, container], check=True, capture_output=True)
        run.wake()
        return run.wait()


def _serves_what_is_recorded(lab: Lab) -> bool:
    """Whether each host runs the release that it recorded, and every edge sends requests there."""
    status = lab.status()
    recorded = {host: state_of(lab, host)["active"] for host in lab.hosts}
    shown = {one["host"]: one for one in status["hosts"]}
    return all(
        shown[host]["healthy"] and shown[host]["in_rotation"] and shown[host]["slot"] == slot
        for host, slot in recorded.items()
    )
