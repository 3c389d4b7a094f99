"""Progress of a run as plain lines: what a step says about a host, and trouble in full."""

from __future__ import annotations

import sys
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: rollway
type: stdout
short_description: Progress of a Rollway run as plain lines
description:
  - Prints one sentence for each step and host, and the problems with what to do next.
  - Use the callback C(default) to see Ansible's own output.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Prints `said` of a result where there is one; other tasks only speak when they fail."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "rollway"

    def v2_runner_on_ok(self, result: Any) -> None:
        self._say(result.result)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        self._say(result.result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Ansible's signature
        if "results" not in result.result:
            self._complain(result)

    def v2_runner_item_on_failed(self, result: Any) -> None:
        self._complain(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write(f"{result.host.get_name()}: cannot be reached: {result.result.get('msg', '')}")

    def _say(self, data: dict[str, Any]) -> None:
        if data.get("said"):
            self._write(str(data["said"]))

    def _complain(self, result: Any) -> None:
        self._write(f"{result.host.get_name()}: {result.result.get('msg', 'failed')}")

    def _write(self, line: str) -> None:
        self._display.display(line.rstrip())
        sys.stdout.flush()
