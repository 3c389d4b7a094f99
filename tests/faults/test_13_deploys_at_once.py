"""Many deploys at the same moment: one wins, the others end with 4 and name it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from rollway import exits
from rollway.rollout.plan import load_plan
from rollway.rollout.request import load_request
from tests.faults.controller import runs
from tests.faults.fleet import Fleet, until
from tests.integration.fault_fleet import environment
from tests.integration.lab_fleet import ROOT, Lab

pytestmark = pytest.mark.fault

COUNTS = [
    pytest.param(3, id="three"),
    pytest.param(8, id="eight", marks=pytest.mark.long(seconds=90)),
]
RATE = 30.0  # the cores are busy with the controllers
REFUSED_SECONDS = 400.0


@pytest.mark.parametrize("count", COUNTS)
def test_one_of_many_deploys_wins_and_the_others_name_it(fleet: Fleet, count: int) -> None:
    """The one that wins stands still until the others were refused: each of them meets its lock."""
    with environment(fleet.lab, "row13", BAKE_SECONDS="2") as env, fleet.unharmed(rate=RATE):
        known = runs(env.env)
        deploys = [_start(env, fleet.other) for _ in range(count)]
        until(lambda: _planned(env, known) != "", "none wins")
        with _stopped(_planned(env, known)):
            until(lambda: len(_going_on(deploys)) < 2, "two go on", seconds=REFUSED_SECONDS)
        ended = [(*one.communicate(timeout=REFUSED_SECONDS), one.returncode) for one in deploys]
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


def _planned(lab: Lab, known: set[str]) -> str:
    """The run that has all its locks, and so a plan; '' before there is one."""
    plans = {run: load_plan(ROOT / ".rollway/runs" / run) for run in runs(lab.env) - known}
    return next((run for run, plan in plans.items() if plan and not plan.refusal), "")


@contextlib.contextmanager
def _stopped(run: str) -> Iterator[None]:
    """The controller of a run stands still for the length of the block."""
    controller = load_request(ROOT / ".rollway/runs" / run).run["controller"]
    os.kill(controller["pid"], signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(controller["pid"], signal.SIGCONT)


def _going_on(deploys: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    return [one for one in deploys if one.poll() is None]


def _drift(lab: Lab) -> int:
    """The exit code of `drift`: whether hosts and edges are as they record."""
    return lab.invoke("drift").returncode
