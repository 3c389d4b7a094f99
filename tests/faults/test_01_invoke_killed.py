"""`kill -9` of the one process that a person sees: all that works for it ends, nothing moves.

The same command at once waits for what still runs on a host, and converges.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import pairwise

import pytest

from rollway import exits
from tests.faults.controller import Command, command, moments
from tests.faults.fleet import EDGE, EDGE_RECORDS, RECORDS, Fleet, new_version, until
from tests.faults.machine import keeps_up
from tests.integration.fault_fleet import GOOD, build, environment, events
from tests.load import Report, judged

pytestmark = pytest.mark.fault

GONE_SECONDS = 5.0
MOMENTS = 30
STANDSTILL_SECONDS = 600.0
LONGEST_GAP_SECONDS = 15.0
SLOW_RATE = 20.0  # each inference of a slow release takes a quarter of a second longer

STARTS = [
    pytest.param(False, id="invoke"),
    pytest.param(True, id="ansible-playbook alone", marks=pytest.mark.long(seconds=60)),
]


@pytest.mark.parametrize("bare", STARTS)
def test_all_ends_with_the_command_and_nothing_moves_any_more(fleet: Fleet, bare: bool) -> None:
    option = f"--extra-vars=rollway_version={fleet.other}" if bare else f"--version={fleet.other}"
    with fleet.unharmed():
        with command(fleet.lab, "deploy", option, bare=bare) as killed:
            until(lambda: _has_moved(killed), killed.said)
            at = killed.kill_alone()
            until(lambda: killed.left() == [], f"{killed.left()}", seconds=GONE_SECONDS)
            edges, run = fleet.lab.status()["edges"], killed.run
            until(lambda: not _at_work(fleet), "a step does not end")
            assert fleet.lab.status()["edges"] == edges
        fleet.deploy(fleet.other)
    assert [one for one in events(run) if one["time"] > at + 1] == []
    fleet.serves(fleet.other)


def _has_moved(killed: Command) -> bool:
    return any(one["step"] == "shift" for one in events(killed.run))


def _at_work(fleet: Fleet) -> list[str]:
    return [host for host in (*fleet.lab.hosts, EDGE) if _works(fleet, host)]


def _works(fleet: Fleet, host: str) -> bool:
    """Whether a step has the mutex of the application on a host."""
    path = f"{EDGE_RECORDS if host == EDGE else RECORDS}/mutex"
    script = f"flock --nonblock {path} true && echo free || echo held"
    return "held" in fleet.lab.on(host, "sh", "-c", script)


@pytest.mark.long(seconds=150)
def test_the_next_command_waits_for_a_step_and_says_so(fleet: Fleet) -> None:
    """The step is a start that takes half a minute; it belongs to a controller that is gone."""
    slow = new_version(1)
    build(fleet.lab, slow, FAULT="slow", FAULT_SECONDS="30")
    with (
        environment(fleet.lab, "row1", START_PERIOD="60s") as env,
        fleet.unharmed(slow, rate=SLOW_RATE),
    ):
        with command(env, "deploy", f"--version={slow}") as killed:
            until(lambda: killed.is_under_way and _works(fleet, "app-1"), killed.said)
            killed.kill_alone()
        with command(env, "deploy", f"--version={slow}") as again:
            times = _times_of(again, "app-1: waits, ")
            assert again.wait() == exits.DONE
            said = again.said
    assert "the step start of deploy by" in said
    assert "still runs on this host, for" in said
    assert len(times) > 1
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) < LONGEST_GAP_SECONDS
    fleet.serves(slow)
    fleet.deploy(fleet.now)


def _times_of(running: Command, words: str) -> list[float]:
    """When each line with these words was there, until the command ends."""
    found: list[float] = []
    while running.process.poll() is None:
        count = running.said.count(words)
        found += [time.monotonic()] * (count - len(found))
        time.sleep(0.1)
    return found


@pytest.mark.long(seconds=900)
def test_the_same_command_converges_from_any_moment(fleet: Fleet) -> None:
    fleet.deploy(_next(fleet))
    version, began = _next(fleet), time.monotonic()
    fleet.deploy(version)
    longest = time.monotonic() - began
    reports: list[Report] = []
    for number, seconds in enumerate(moments(longest, MOMENTS), start=1):
        once = partial(_killed_once, fleet, seconds)
        reports.append(judged(once, say=print, rest=_rest))
        print(f"{number} of {MOMENTS}: converged, {reports[-1].sentence()}", flush=True)
    lost = sum(len(one.lost) for one in reports)
    print(f"converged {len(reports)} times; {sum(one.ok for one in reports)} answers, {lost} lost")


def _killed_once(fleet: Fleet, seconds: float) -> Report:
    """A release that stands nowhere yet; killed after so long, and the same command at once."""
    version = _next(fleet)
    with (
        fleet.unharmed() as report,
        command(fleet.lab, "deploy", f"--version={version}") as killed,
    ):
        time.sleep(seconds)
        is_over = killed.process.poll() is not None
        killed.kill_alone()
        began = time.monotonic()
        result = fleet.deploy(version)
        took = time.monotonic() - began
        assert killed.left() == []
    last = [one["step"] for one in events(killed.run)][-1:] if killed.run else ["nothing yet"]
    how = "it was over" if is_over else f"after {seconds:.2f} s, {last}"
    print(f"{version}: killed {how}; again {took:.1f} s, {result['sentence']}")
    assert result["outcome"] == "good", result["said"]
    fleet.serves(version)
    return report


def _next(fleet: Fleet) -> str:
    """The good version after the one that serves: of three, one that stands in no slot."""
    now = fleet.lab.status()["version"]
    return GOOD[(GOOD.index(now) + 1) % len(GOOD)] if now in GOOD else GOOD[0]


def _rest() -> None:
    until(keeps_up, "this machine stands still", seconds=STANDSTILL_SECONDS)
