"""Shim: progress of a run as a live table, plain lines or JSON events. `rollway.report` draws."""

from __future__ import annotations

import atexit
import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

from ansible.plugins.callback import CallbackBase

from rollway.report.output import EVENTS_VARIABLE, JSON, LIVE, OUTPUT_VARIABLE, output_for
from rollway.report.stream import JsonOutput, PlainOutput
from rollway.report.watch import MOVE, Output, Task, Watch

DOCUMENTATION = """
name: rollway
type: stdout
short_description: Progress of a Rollway run
description:
  - A table that is drawn in place where stdout is a terminal; elsewhere one sentence for each
    step and host, and the problems with what to do next.
  - The environment variable E(ROLLWAY_OUTPUT) chooses V(live), V(plain) or V(json) (an object for
    each beginning and end of a step on a host, one per line).
  - Use the callback P(ansible.builtin.default#callback) to see Ansible's own output.
"""

_CONTROLLER_ACTION = "rollway_controller"
_STEP_ACTION = "rollway_step"


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Hands over what begins and ends; tasks that are not Rollway's only speak when they fail."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "rollway"

    def __init__(self) -> None:
        super().__init__()
        self._watch = Watch(self._output())
        atexit.register(self._watch.close)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002, FBT001 - Ansible's signature
        self._watch.task_began(_task(task))

    def v2_runner_on_start(self, host: Any, task: Any) -> None:  # noqa: ARG002 - Ansible's signature
        self._watch.host_began(host.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        if "results" not in result.result:
            self._watch.ended(result.host.get_name(), result.result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._watch.ended(_host(result), result.result)

    def v2_runner_retry(self, result: Any) -> None:  # noqa: ARG002 - Ansible's signature
        self._watch.retried()

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._watch.skipped(result.host.get_name(), _reason(result))

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        self._watch.skipped(_host(result), _reason(result))

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Ansible's signature
        if "results" not in result.result:
            self._watch.failed(result.host.get_name(), _message(result, "failed"))

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._watch.failed(_host(result), _message(result, "failed"))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._watch.failed(result.host.get_name(), _message(result, ""), is_lost=True)

    def v2_playbook_on_stats(self, stats: Any) -> None:  # noqa: ARG002 - Ansible's signature
        self._watch.close()

    def _output(self) -> Output:
        kind = output_for(os.environ.get(OUTPUT_VARIABLE, ""), is_terminal=sys.stdout.isatty())
        if kind == JSON:
            return JsonOutput(self._write_event)
        return self._live() if kind == LIVE else PlainOutput(self._write)

    def _live(self) -> Output:
        from rollway.report.live import LiveOutput

        output = LiveOutput()
        _close_at_a_signal(output)
        return output

    def _write(self, line: str) -> None:
        self._display.display(line.rstrip())
        sys.stdout.flush()

    def _write_event(self, line: str) -> None:
        """To the descriptor that the command line opened for events, else to stdout."""
        number = os.environ.get(EVENTS_VARIABLE)
        if number is None:
            self._write(line)
            return
        os.set_inheritable(int(number), False)  # noqa: FBT003 - os takes it by position
        with suppress(OSError):  # a reader that left does not trouble a deploy
            os.write(int(number), f"{line}\n".encode())


def _close_at_a_signal(output: Output) -> None:
    """Ansible ends itself at SIGTERM on the spot: the cursor has to come back before."""
    before = signal.getsignal(signal.SIGTERM)

    def close(number: int, frame: FrameType | None) -> None:
        try:
            output.close()
        finally:  # whatever happens there, the signal gets through
            _pass_on(before, number, frame)

    signal.signal(signal.SIGTERM, close)


def _pass_on(handler: Any, number: int, frame: FrameType | None) -> None:
    if callable(handler):
        handler(number, frame)
        return
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _task(task: Any) -> Task:
    is_ours = task.action in {_CONTROLLER_ACTION, _STEP_ACTION}
    step = str(task.args.get("step", "")) if is_ours else ""
    return Task(
        task.get_name(),
        step=MOVE if "{{" in step else step,  # each turn of its loop has a step of its own
        is_controller=task.action == _CONTROLLER_ACTION,
        is_delegated=bool(task.delegate_to),
        goes_back="undo_moves" in str(task.loop),
    )


def _host(result: Any) -> str:
    """The host of one turn of a loop: the loops of the roll-out go over hosts."""
    data = result.result
    turn = data.get(data.get("ansible_loop_var"))
    if isinstance(turn, dict):
        turn = turn.get("host")
    is_delegated = bool(result.task.delegate_to)
    return turn if is_delegated and isinstance(turn, str) else result.host.get_name()


def _message(result: Any, default: str) -> str:
    return str(result.result.get("msg") or default)


def _reason(result: Any) -> str:
    return str(result.result.get("skip_reason") or "")
