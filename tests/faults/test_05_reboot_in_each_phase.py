"""Every machine loses its power in every phase of a run: only what is on record serves afterwards.

The controller stands still where a phase begins; the machine goes down and boots, and the run
goes on with whatever it finds. Where it ends with a remainder, the command that it names comes
next: nobody can tell an edge that was away, or which slot a host has that was, before it is back.
"""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from rollway import exits
from rollway.checking import ROOT
from tests.faults.controller import ADVANCE, CONCLUDE, PLAN, Command, command
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

pytestmark = pytest.mark.long(seconds=90)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("phase", PHASES)
def test_a_machine_without_power_comes_back_with_what_is_on_record(
    fleet: Fleet, machine: str, phase: str
) -> None:
    with traffic(fleet.lab.url, versions=GOOD, rate=RATE, finishes_streams=False) as report:
        code, following = _deploy_with_power_cut(fleet, machine, phase)
        if code == exits.NEEDS_PERSON:
            until(
                lambda: fleet.lab.invoke(*following).returncode == exits.DONE,
                "what the run named did not put it right",
                seconds=BOOT_SECONDS,
            )
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


def _deploy_with_power_cut(fleet: Fleet, machine: str, phase: str) -> tuple[int, list[str]]:
    """Deploy, and cut a machine's power where the phase begins; how it ended, and what it named."""
    with command(
        fleet.lab, "deploy", f"--version={fleet.other}", at=phase, number=signal.SIGSTOP
    ) as run:
        run.wait_until_stopped()
        container = f"rollway-{fleet.lab.env}-{machine}"
        for word in ("kill", "start"):
            subprocess.run(["docker", word, container], check=True, stdout=subprocess.PIPE)
        run.wake()
        return run.wait(), _named_in(run)


def _named_in(run: Command) -> list[str]:
    """The command that the run says comes next, without its environment."""
    result = json.loads((ROOT / ".rollway" / "runs" / run.run / "result.json").read_text())
    words = result["next"].rpartition("./invoke ")[2].split()
    return [word for word in words if not word.startswith("--env=")]


def _serves_what_is_recorded(lab: Lab) -> bool:
    """Whether each host runs the release that it recorded, and every edge sends requests there."""
    status = lab.status()
    recorded = {host: state_of(lab, host)["active"] for host in lab.hosts}
    shown = {one["host"]: one for one in status["hosts"]}
    return all(
        shown[host]["healthy"] and shown[host]["in_rotation"] and shown[host]["slot"] == slot
        for host, slot in recorded.items()
    )
