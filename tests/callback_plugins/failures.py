"""Writes down every task that failed or did not reach its host, also where Ansible ignores that.

`tests.failures` switches it on and reads what it wrote.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: failures
type: aggregate
short_description: Tasks that failed, ignored ones too
description:
  - Writes each as a line of JSON to the file in E(ROLLWAY_FAILURES_FILE).
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """A loop that failed is told by its turns; a host that is lost ends them all."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "failures"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:  # noqa: ARG002 - Ansible's signature
        if "results" not in result.result:
            _write(result, "failed")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        _write(result, "failed")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        _write(result, "unreachable")


def _write(result: Any, kind: str) -> None:
    data = result.result
    found = {
        "task": result.task.get_name(),
        "host": result.host.get_name(),
        "kind": kind,
        "text": str(data.get("msg") or data.get("exception") or "").strip(),
    }
    with Path(os.environ["ROLLWAY_FAILURES_FILE"]).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(found) + "\n")
