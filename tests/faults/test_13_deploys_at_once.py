"""Many deploys at the same moment: one wins, the others end with 4 and name it."""

from __future__ import annotations

import json
import subprocess

import pytest

from rollway import exits
from tests.faults.fleet import Fleet
from tests.integration.fault_fleet import environment
from tests.integration.lab_fleet import ROOT, Lab

COUNTS = [pytest.param(3, id="three"), pytest.param(8, id="eight", marks=pytest.mark.long)]
# Each wave is watched so long that the last to start still meets the one that won.
WATCHED_SECONDS = {3: 4, 8: 15}
RATE = 30.0  # the cores are busy with the controllers


@pytest.mark.parametrize("count", COUNTS)
def test_one_of_many_deploys_wins_and_the_others_name_it(fleet: Fleet, count: int) -> None:
    watched = str(WATCHED_SECONDS[count])
    with environment(fleet.lab, "row13", BAKE_SECONDS=watched) as env, fleet.unharmed(rate=RATE):
        deploys = [_start(env, fleet.other) for _ in range(count)]
        ended = [(*one.communicate(timeout=400), one.returncode) for one in deploys]
    winners = [json.loads(said)["run"] for said, _, code in ended if code == exits.DONE]
    losers = [errors for _, errors, code in ended if code == exits.LOCKED]
    assert (len(winners), len(losers)) == (1, count - 1), ended
    assert [errors for errors in losers if winners[0] not in errors] == []
    assert all("locked by" in errors for errors in losers)
    fleet.serves(fleet.other)
    assert _drift(fleet.lab) == exits.DONE


def _start(lab: Lab, version: str) -> subprocess.Popen[str]:
    words = ["deploy", f"--env={lab.env}", f"--version={version}", "--json"]
    return subprocess.Popen(
        [str(ROOT / "invoke"), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _drift(lab: Lab) -> int:
    """The exit code of `drift`: whether hosts and edges are as they record."""
    return lab.invoke("drift").returncode
