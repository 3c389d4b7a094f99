"""Calls the host makes by itself, when no controller is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .call import Call, HostTools
from .fence import check_unlocked
from .lock import Controller, Run
from .mutex import HOST_UNIT
from .paths import AppPaths
from .state import State, load_state

ITSELF = Run(HOST_UNIT, "reap", "host", "", "", Controller("", "", 0, 0))


@dataclass
class HostCall(Call):
    """A call of the host-side unit: it may change an application while no run holds its lock."""

    def fence(self) -> State:
        """Return the state; Problem as soon as a run has the lock."""
        check_unlocked(self.paths)
        return load_state(self.paths)


def host_call(root: Path, app: str, tools: HostTools) -> HostCall:
    """Return a call for one application."""
    return HostCall(AppPaths(root, app), ITSELF, tools, step=ITSELF.verb)
