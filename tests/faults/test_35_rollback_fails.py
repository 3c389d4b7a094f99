"""The way back fails, or both versions are bad: no second way back, and a way on from there."""

from __future__ import annotations

import json
import subprocess
import urllib.request

import pytest

from rollway import exits
from tests.faults.fleet import EDGE, Fleet, until
from tests.faults.harm import read_only
from tests.integration.fault_fleet import build, environment, events
from tests.integration.lab_fleet import ROOT, Lab

FRAGMENTS = "/etc/haproxy/rollway.d"
TURNS, LATER, CRASHES = "l-turns-8", "l-turns-25", "l-crashes"
BAKE_SECONDS = 15


@pytest.mark.long
def test_a_way_back_that_fails_is_not_tried_again(fleet: Fleet) -> None:
    """Traffic is back, but the edge cannot write it down: nobody says that all is well."""
    build(fleet.lab, TURNS, FAULT="ready_then_failing", FAULT_SECONDS="8")
    with environment(fleet.lab, "row35", BAKE_SECONDS=str(BAKE_SECONDS)) as env:
        process = _start(env, TURNS)
        until(lambda: _answers(fleet.lab, TURNS), "it never served", seconds=90)
        with read_only(fleet.lab, EDGE, FRAGMENTS):
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


def _answers(lab: Lab, version: str) -> bool:
    """Whether a host with this version answers; asked often enough to hear every host."""
    return version in {_version(lab) for _ in range(2 * len(lab.hosts))}


def _version(lab: Lab) -> str:
    with urllib.request.urlopen(f"{lab.url}/v2/models/iris", timeout=5) as answer:
        return str(json.load(answer)["version"])


@pytest.mark.long
def test_a_bad_release_after_a_bad_one_leaves_a_way_on(fleet: Fleet) -> None:
    """The release that serves turns bad; the next one is worse; the one after that is good."""
    build(fleet.lab, LATER, FAULT="ready_then_failing", FAULT_SECONDS="25")
    build(fleet.lab, CRASHES, FAULT="crash_loop")
    fleet.deploy(LATER)
    until(lambda: _is_down(fleet.lab), "it never turned bad", seconds=90)
    worse = fleet.deploy(CRASHES, code=exits.FAILED)
    assert f"the whole fleet serves {worse['previous']}" in worse["said"]
    assert worse["previous"].endswith(LATER)
    fleet.deploy(fleet.now)
    fleet.serves(fleet.now)
    back = fleet.lab.invoke("rollback", f"--to={CRASHES}")
    assert back.returncode == exits.REFUSED, back.stderr


def _is_down(lab: Lab) -> bool:
    return not any(host["in_rotation"] for host in lab.status()["hosts"])
