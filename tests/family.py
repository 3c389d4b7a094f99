"""Runs commands so that an interrupted test session leaves nothing of them behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from rollway.checking import ROOT, environment

GRACE_SECONDS = 60.0
Ran = subprocess.CompletedProcess[str]


class Family:
    """A command with the project's tools on PATH and no terminal, in a process group of its own."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
    ) -> None:
        self.command = tuple(command)
        self._process = subprocess.Popen(
            self.command,
            cwd=cwd,
            env=env or environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def wait(self) -> Ran:
        """How it ended, and what it printed."""
        out, err = self._process.communicate()
        return subprocess.CompletedProcess(self.command, self._process.returncode, out, err)

    def end(self) -> None:
        """End the group in order, and by force when that takes too long."""
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait(GRACE_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def run_family(
    command: Sequence[str], *, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Ran:
    """Runs a command to its end.

    An exception (Ctrl-C, SIGTERM) ends the whole group before it goes on, so that no Ansible still
    works on hosts that a fixture takes down.
    """
    family = Family(command, cwd=cwd, env=env)
    try:
        ran = family.wait()
    except BaseException:
        family.end()
        raise
    return shown(ran)


def shown(ran: Ran) -> Ran:
    """Print what a command printed: pytest shows it where a test fails."""
    command = " ".join(ran.args)
    sys.stdout.write(f"$ {command}\n{ran.stdout}{ran.stderr}[{ran.returncode}]\n")
    return ran
