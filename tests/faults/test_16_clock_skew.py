"""A host whose clock is an hour behind: it is told, and nothing is decided by it.

The kernel's clock is this machine's own; so what is shifted is the clock that Rollway's part on
the host sees, as libfaketime would do it.
"""

from __future__ import annotations

import json
import re

import pytest

from rollway import exits
from tests.faults.fleet import Fleet
from tests.faults.harm import written

pytestmark = pytest.mark.fault

SKEWED = "app-2"
# Python runs such a line whenever it starts.
PATH = "/usr/lib/python3/dist-packages/rollway-skew.pth"
AN_HOUR_BEHIND = "import time; time.time = lambda now=time.time: now() - 3600\n"
# An hour, and the time that the host's answer took to be read here
BEHIND = r"(3599|36[0-5][0-9]) s"
NOTE = re.compile(rf"{SKEWED}: its clock is {BEHIND} behind this controller's; next: .+")


def test_a_clock_that_is_an_hour_behind_is_told_and_decides_nothing(fleet: Fleet) -> None:
    with written(fleet.lab, SKEWED, PATH, AN_HOUR_BEHIND), fleet.unharmed():
        result = fleet.deploy(fleet.other)
        ran = fleet.lab.invoke("rollback", "--json")
    notes = [note for note in result["notes"] if "its clock" in note]
    assert [bool(NOTE.fullmatch(note)) for note in notes] == [True], notes
    assert ran.returncode == exits.DONE, ran.stderr
    # the slot was as warm there as elsewhere
    assert {one["action"] for one in json.loads(ran.stdout)["hosts"]} == {"shift"}
    fleet.serves(fleet.now)
