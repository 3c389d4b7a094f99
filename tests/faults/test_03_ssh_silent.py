"""A host's SSH falls silent in mid-run, while its application goes on serving users.

The run goes back and is left with the host's name, or goes on when the line is back in time.
"""

from __future__ import annotations

import json
import time

import pytest

from rollway import exits
from tests.faults.fleet import Fleet, new_version, state_of, until
from tests.faults.harm import silent_ssh
from tests.integration.fault_fleet import build, deploy_past_first_wave, events
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long(seconds=60)

SILENT = "app-2"
SHORT_SECONDS = 2.0  # of the 6 s after which a connection is given up
SLOW_SECONDS = 8


def test_a_host_that_falls_silent_between_waves_is_named_and_nobody_is_harmed(
    fleet: Fleet, baking: Lab
) -> None:
    with fleet.unharmed():
        process, run = deploy_past_first_wave(baking, fleet.other)
        with silent_ssh(fleet.lab, SILENT):
            said, errors = process.communicate(timeout=180)
    result = json.loads(said)
    assert process.returncode == exits.NEEDS_PERSON, errors
    assert SILENT in result["sentence"]
    assert f"mend {SILENT}, then ./invoke deploy" in result["next"]
    assert {one["wave"] for one in events(run) if one["step"] == "shift"} == {0}
    with fleet.unharmed():
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def test_a_line_that_is_back_in_time_does_not_stop_a_run(fleet: Fleet, baking: Lab) -> None:
    with fleet.unharmed():
        process, _ = deploy_past_first_wave(baking, fleet.other)
        with silent_ssh(fleet.lab, SILENT):
            time.sleep(SHORT_SECONDS)
        _, errors = process.communicate(timeout=180)
    assert process.returncode == exits.DONE, errors
    fleet.serves(fleet.other)


def test_a_step_whose_connection_breaks_is_no_trouble_for_the_next_run(fleet: Fleet) -> None:
    """The host goes on with the step by itself; the run gives the host up."""
    slow = new_version(3)
    build(fleet.lab, slow, FAULT="slow", FAULT_SECONDS=str(SLOW_SECONDS))
    with fleet.unharmed(slow, rate=30.0):
        process, _ = deploy_past_first_wave(fleet.lab, slow)
        until(lambda: _is_starting(fleet.lab), "the start never began")
        with silent_ssh(fleet.lab, SILENT):
            _, errors = process.communicate(timeout=180)
    assert process.returncode == exits.NEEDS_PERSON, errors
    with fleet.unharmed(slow):
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def _is_starting(lab: Lab) -> bool:
    return (state_of(lab, SILENT)["phase"] or {}).get("step") == "start"
