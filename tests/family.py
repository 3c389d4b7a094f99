"""Runs a command so that an interrupted test session leaves nothing of it behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rollway.checking import ROOT, environment

GRACE_SECONDS = 60.0


def run_family(command: Sequence[str], *, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs a command with the project's tools on PATH and without a terminal.

    It gets a process group of its own; an exception (Ctrl-C, SIGTERM) ends the whole group before
    it goes on, so that no Ansible still works on hosts that a fixture takes down.
    """
    process = subprocess.Popen(
        list(command),
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, err = process.communicate()
    except BaseException:
        _end(process)
        raise
    # pytest shows it where a test fails
    sys.stdout.write(f"$ {' '.join(command)}\n{out}{err}[{process.returncode}]\n")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the group in order, and by force when that takes too long."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:
        process.wait()
