"""The lock of a run whose controller is gone, or only slept."""

from __future__ import annotations

import signal

import pytest

from rollway import exits
from tests.faults.controller import ADVANCE, command
from tests.faults.fleet import EDGE, Fleet, locked_hosts

pytestmark = pytest.mark.fault

LOST = "lost the lock"


def test_a_dead_holder_is_taken_over_by_the_next_run(fleet: Fleet) -> None:
    with fleet.unharmed():
        with command(fleet.lab, "deploy", f"--version={fleet.other}", at=ADVANCE) as killed:
            assert killed.wait() == -signal.SIGKILL
            assert locked_hosts(fleet.lab) == [*fleet.lab.hosts, EDGE]
            run = killed.run
        status = fleet.lab.shown_status()
        assert status == fleet.lab.status()
        assert {one["id"] for one in status["locks"]} == {run}
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def test_a_holder_that_slept_changes_nothing_any_more(fleet: Fleet) -> None:
    """It stops when its first wave has moved, and wakes when another release serves."""
    with (
        fleet.unharmed(),
        command(
            fleet.lab,
            "deploy",
            f"--version={fleet.other}",
            at=ADVANCE,
            number=signal.SIGSTOP,
        ) as asleep,
    ):
        asleep.wait_until_stopped()
        refused = fleet.lab.invoke("deploy", f"--version={fleet.now}")
        assert refused.returncode == exits.LOCKED, refused.stderr
        assert asleep.run in refused.stderr
        _is_said_to_be_at_work(fleet, asleep.run)
        released = fleet.lab.invoke("lock.release", f"--run={asleep.run}")
        assert released.returncode == exits.DONE, released.stderr
        fleet.deploy(fleet.now)
        fleet.serves(fleet.now)
        with fleet.unchanged():
            asleep.wake()
            assert asleep.wait() == exits.NEEDS_PERSON
            assert LOST in asleep.said
    fleet.serves(fleet.now)


def _is_said_to_be_at_work(fleet: Fleet, run: str) -> None:
    """It may go on at any moment: nobody calls it interrupted, or offers its lock."""
    for verb, *options in (
        ("scale", "--service=api", "--replicas=2", "--check"),
        ("lock.release",),
    ):
        refused = fleet.lab.invoke(verb, *options)
        assert refused.returncode == exits.LOCKED, refused.stderr
        assert f"(run {run}), which is at work" in refused.stderr
        assert "next: wait for it" in refused.stderr
        assert "interrupted" not in refused.stderr
        assert "--run=" not in refused.stderr
    status = fleet.lab.status()
    assert status["interrupted_run"] is None
    assert {one["process"] for one in status["locks"]} == {"at work"}
