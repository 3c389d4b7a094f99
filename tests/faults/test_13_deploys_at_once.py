"""Many deploys at the same moment: one wins, the others end with 4 and name it."""

from __future__ import annotations

import contextlib
import json
import signal

import pytest

from rollway import exits
from tests.faults.controller import ADVANCE, Command, command
from tests.faults.fleet import Fleet, until
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault

COUNTS = [
    pytest.param(3, id="three"),
    pytest.param(8, id="eight", marks=pytest.mark.long(seconds=90)),
]
RATE = 30.0  # the cores are busy with the controllers
REFUSED_SECONDS = 400.0


@pytest.mark.parametrize("count", COUNTS)
def test_one_of_many_deploys_wins_and_the_others_name_it(fleet: Fleet, count: int) -> None:
    with fleet.unharmed(rate=RATE), contextlib.ExitStack() as stack:
        deploys = [stack.enter_context(_deploy(fleet)) for _ in range(count)]
        until(lambda: len(_going_on(deploys)) < 2, "two go on", seconds=REFUSED_SECONDS)
        for winner in _going_on(deploys):
            winner.wait_until_stopped()
            winner.wake()
        ended = [(one.wait(), one.out, one.said) for one in deploys]
    winners = [json.loads(out)["run"] for code, out, _ in ended if code == exits.DONE]
    losers = [said for code, _, said in ended if code == exits.LOCKED]
    assert (len(winners), len(losers)) == (1, count - 1), ended
    assert [said for said in losers if winners[0] not in said] == []
    assert all("locked by" in said for said in losers)
    fleet.serves(fleet.other)
    assert _drift(fleet.lab) == exits.DONE


def _deploy(fleet: Fleet) -> contextlib.AbstractContextManager[Command]:
    """One that stops when its first wave has moved: the last to start still meets its lock."""
    version = f"--version={fleet.other}"
    return command(fleet.lab, "deploy", version, "--json", at=ADVANCE, number=signal.SIGSTOP)


def _going_on(deploys: list[Command]) -> list[Command]:
    return [one for one in deploys if one.process.poll() is None]


def _drift(lab: Lab) -> int:
    """The exit code of `drift`: whether hosts and edges are as they record."""
    return lab.invoke("drift").returncode
