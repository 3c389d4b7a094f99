"""A terminal that is closed ends a run in order, although nobody can read a word any more."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import subprocess
import termios
import time

import pytest

from rollway import exits
from rollway.checking import ROOT, environment
from tests.faults.controller import LONGEST_SECONDS, runs
from tests.faults.fleet import Fleet, locked_hosts
from tests.integration.fault_fleet import events

pytestmark = pytest.mark.long(seconds=60)


def test_every_host_records_it_and_the_next_deploy_continues(fleet: Fleet) -> None:
    known, (ours, theirs) = runs(fleet.lab.env), pty.openpty()
    with fleet.unharmed():
        process = subprocess.Popen(
            [str(ROOT / "invoke"), "deploy", f"--env={fleet.lab.env}", f"--version={fleet.other}"],
            cwd=ROOT,
            env={**environment(), "TERM": "xterm-256color"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )
        os.close(theirs)
        run = _read_until_traffic_moved(fleet, ours, known)
        os.close(ours)
        assert process.wait(LONGEST_SECONDS) == exits.TERMINATED
        status = fleet.lab.status()
        assert status["interrupted_run"]["run"] == run
        assert (status["locks"], locked_hosts(fleet.lab)) == ([], [])
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def _read_until_traffic_moved(fleet: Fleet, terminal: int, known: set[str]) -> str:
    """Take what is drawn, as a terminal does, until the first wave has moved; the run's name."""
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.05)[0]:
            os.read(terminal, 65536)
        for run in runs(fleet.lab.env) - known:
            if any(one["step"] == "shift" for one in events(run)):
                return run
    raise AssertionError("the first wave never moved")
