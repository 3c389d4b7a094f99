"""What fails unseen: tasks whose failure Ansible was told to ignore, in a command that ended well.

Failure is data until the report, so playbooks ignore it; a run that is good has none to ignore.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rollway import exits
from rollway.checking import ROOT, environment
from tests.family import Ran, run_family

PLUGINS = (ROOT / "plugins/callback", ROOT / "tests/callback_plugins")
FILE = "ROLLWAY_FAILURES_FILE"


@dataclass(frozen=True)
class Failure:
    """A task that failed on a host (`kind` "failed"), or did not reach it ("unreachable")."""

    task: str
    host: str
    kind: str
    text: str


@dataclass(frozen=True)
class Failures:
    """Those of one command, which runs with `variables` in its environment."""

    path: Path

    @property
    def variables(self) -> dict[str, str]:
        return {
            "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(map(str, PLUGINS)),
            "ANSIBLE_CALLBACKS_ENABLED": "failures",
            FILE: str(self.path),
        }

    def found(self) -> list[Failure]:
        """All so far, whoever saw them."""
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        return [Failure(**json.loads(line)) for line in lines]

    def check(self, code: int) -> None:
        """AssertionError where a command that ended with `code` was good, and a task failed."""
        unseen = self.found() if code == exits.DONE else []
        assert unseen == [], f"it ended well, and these failed: {unseen}"


@contextlib.contextmanager
def noted() -> Iterator[Failures]:
    """Failures of a command that runs in the block."""
    with tempfile.TemporaryDirectory(prefix="rollway-failures-") as folder:
        yield Failures(Path(folder) / "failures")


def run_noted(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> Ran:
    """Run a command of ours, or Ansible, to its end; where that is good, no task has failed."""
    with noted() as failures:
        ran = run_family(command, env={**(env or environment()), **failures.variables})
        failures.check(ran.returncode)
    return ran
