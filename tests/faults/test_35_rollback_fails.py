"""The way back fails, or both versions are bad: no second way back, and a way on from there."""

from __future__ import annotations

import json
import subprocess

import pytest

from rollway import exits
from tests.faults.fleet import EDGE, Fleet, container_of, idle_slot, new_version, until
from tests.faults.harm import read_only
from tests.integration.fault_fleet import build, environment, events
from tests.integration.lab_fleet import ROOT, Lab

pytestmark = pytest.mark.long(seconds=90)

FRAGMENTS = "/etc/haproxy/rollway.d"
FIRST = "app-1"  # the first wave
# It turns bad so long after its start: when the whole fleet has it, on a slow machine, too.
LATER, LATER_SECONDS = "v-turns-60", 60
CRASHES = "v-crashes"
BAKE_SECONDS = 60  # of which the failure ends all but the beginning


def test_a_way_back_that_fails_is_not_tried_again(fleet: Fleet) -> None:
    """Traffic is back, but the edge cannot write it down: nobody says that all is well."""
    version, slot = new_version(35), idle_slot(fleet.lab, FIRST)
    build(fleet.lab, version)
    with environment(fleet.lab, "row35", BAKE_SECONDS=str(BAKE_SECONDS)) as env:
        process = _start(env, version)
        until(lambda: _is_in_rotation(fleet.lab, slot), "it never served", seconds=90)
        with read_only(fleet.lab, EDGE, FRAGMENTS):
            fleet.lab.on(FIRST, "docker", "kill", container_of(fleet.lab, FIRST, slot))
            said, errors = process.communicate(timeout=180)
    result = json.loads(said)
    assert process.returncode == exits.NEEDS_PERSON, errors
    assert "./invoke deploy" in result["next"]
    assert [one["host"] for one in events(result["run"]) if one["step"] == "unshift"] == [EDGE]
    with fleet.unharmed():
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)
    assert fleet.lab.invoke("drift").returncode == exits.DONE


def _start(lab: Lab, version: str) -> subprocess.Popen[str]:
    words = ["deploy", f"--env={lab.env}", f"--version={version}", "--json"]
    return subprocess.Popen(
        [str(ROOT / "invoke"), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _is_in_rotation(lab: Lab, slot: str) -> bool:
    """Whether traffic of the first host goes to this slot, and the edge has written that down."""
    lines = lab.on(EDGE, "cat", f"{FRAGMENTS}/iris.cfg").splitlines()
    mine = [line for line in lines if f"server {FIRST}-{slot}-" in line]
    return bool(mine) and not any("disabled" in line for line in mine)


def test_a_bad_release_after_a_bad_one_leaves_a_way_on(fleet: Fleet) -> None:
    """The release that serves turns bad; the next one is worse; the one after that is good."""
    build(fleet.lab, LATER, FAULT="ready_then_failing", FAULT_SECONDS=str(LATER_SECONDS))
    build(fleet.lab, CRASHES, FAULT="crash_loop")
    fleet.deploy(LATER)
    until(lambda: _is_down(fleet.lab), "it never turned bad", seconds=2 * LATER_SECONDS)
    worse = fleet.deploy(CRASHES, code=exits.FAILED)
    assert f"the whole fleet serves {worse['previous']}" in worse["said"]
    assert worse["previous"].endswith(LATER)
    fleet.deploy(fleet.now)
    fleet.serves(fleet.now)
    back = fleet.lab.invoke("rollback", f"--to={CRASHES}")
    assert back.returncode == exits.REFUSED, back.stderr


def _is_down(lab: Lab) -> bool:
    return not any(host["in_rotation"] for host in lab.status()["hosts"])
