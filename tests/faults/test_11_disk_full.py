"""A full disk, where the engine keeps images and where Rollway keeps its records.

It is refused before any change, or the run goes back; no record is ever cut.
"""

from __future__ import annotations

import json

import pytest

from rollway import exits
from tests.faults.fleet import RECORDS, Fleet, locked_hosts, state_of
from tests.faults.harm import fill, hidden, make_room, small
from tests.integration.fault_fleet import deploy_past_first_wave
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault

FULL = "app-2"
NO_SPACE = "No space left on device"


def test_a_host_without_room_for_images_is_refused_before_any_change(fleet: Fleet) -> None:
    with fleet.unchanged(), fleet.unharmed():
        with hidden(fleet.lab, FULL, "/var/lib/docker", megabytes=8):
            result = fleet.deploy(fleet.other, code=exits.REFUSED)
        assert FULL in result["said"]
        assert locked_hosts(fleet.lab) == []


def test_a_host_without_room_for_records_refuses_its_lock(fleet: Fleet) -> None:
    with fleet.unchanged(), fleet.unharmed(), small(fleet.lab, FULL, RECORDS):
        before = state_of(fleet.lab, FULL)
        fill(fleet.lab, FULL, RECORDS)
        result = fleet.deploy(fleet.other, code=exits.REFUSED)
        assert f"{FULL}: {RECORDS}/" in result["said"]
        assert NO_SPACE in result["said"]
        assert state_of(fleet.lab, FULL) == before


@pytest.mark.long
def test_records_that_fill_up_in_mid_run_are_not_cut(fleet: Fleet, baking: Lab) -> None:
    with fleet.unharmed(), small(fleet.lab, FULL, RECORDS):
        process, _ = deploy_past_first_wave(baking, fleet.other)
        fill(fleet.lab, FULL, RECORDS)
        said, errors = process.communicate(timeout=180)
        state = state_of(fleet.lab, FULL)
        make_room(fleet.lab, FULL, RECORDS)
        fleet.deploy(fleet.other)
    result = json.loads(said)
    assert process.returncode == exits.NEEDS_PERSON, errors
    assert FULL in result["sentence"]
    assert NO_SPACE in " ".join(result["reasons"])
    assert state["slots"][state["active"]]["version"] == fleet.now
    fleet.serves(fleet.other)
