"""Counts the boundaries of a run, and at one of them sends a signal to its whole controller.

A boundary is the start of a task, or the result of a host or of a turn of a loop. Tests switch it
on by ANSIBLE_CALLBACKS_ENABLED; `tests.faults.controller` sets what it reads.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: boundaries
type: aggregate
short_description: A signal to the controller at a boundary of its run
description:
  - Writes each boundary as a line to the file in E(ROLLWAY_BOUNDARY_FILE).
  - At the one whose number, from 0, is in E(ROLLWAY_BOUNDARY), or where the first task of that name
    starts, it sends the signal named in E(ROLLWAY_BOUNDARY_SIGNAL).
"""

END_SECONDS = 120.0
_EVERYWHERE = frozenset({signal.SIGKILL, signal.SIGSTOP})


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Only the first playbook of a command counts: the file that is there already says so."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "boundaries"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._path = Path(os.environ["ROLLWAY_BOUNDARY_FILE"])
        self._at = os.environ["ROLLWAY_BOUNDARY"]
        self._count = 0
        self._is_first = True
        self._is_sent = False  # traffic moves in two tasks of one name

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002 - Ansible's signature
        self._reached("task", task.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        self._reached("ok", result.host.get_name())

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002 - Ansible's signature
        self._reached("failed", result.host.get_name())

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._reached("unreachable", result.host.get_name())

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._reached("skipped", result.host.get_name())

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._reached("turn", result.host.get_name())

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._reached("turn", result.host.get_name())

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._reached("turn", result.host.get_name())

    def _reached(self, kind: str, name: str) -> None:
        if self._count == 0:
            self._is_first = not self._path.exists()
        if self._is_first:
            with self._path.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"kind": kind, "name": name}) + "\n")
            is_there = self._at == str(self._count) or (kind, name) == ("task", self._at)
            if is_there and not self._is_sent:
                self._is_sent = True
                _send(signal.Signals[os.environ["ROLLWAY_BOUNDARY_SIGNAL"]])
        self._count += 1


def _send(number: signal.Signals) -> None:
    """To the command's group; what nobody can catch goes to every process below it, too."""
    command = os.getppid()
    if number not in _EVERYWHERE:
        os.killpg(command, number)
        time.sleep(END_SECONDS)  # the command ends this process; nothing more happens before
        return
    for process in (command, *_below(os.getpid()), os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def _below(number: int) -> list[int]:
    children = Path(f"/proc/{number}/task/{number}/children")
    numbers = [int(word) for word in children.read_text().split()] if children.exists() else []
    return [*numbers, *(one for child in numbers for one in _below(child))]
