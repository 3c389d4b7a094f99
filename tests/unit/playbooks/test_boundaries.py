"""The plugin by which tests of faults choose a moment, over hosts that refuse to answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from rollway.remote.playbook import ROOT
from tests.faults.controller import CONCLUDE, PLAN, PLUGINS, TOKEN, Command
from tests.unit.playbooks.fleet import HOST_NAMES, RUN, settings_of

# As the command line does: Ansible in a group of its own, below a process that forwards signals.
COMMAND = """
import json, sys
from pathlib import Path
from rollway.remote.playbook import run_in_group
told = json.loads(Path(sys.argv[1]).read_text())
ended = run_in_group(told["command"], environment=told["environment"])
sys.exit(ended.code if ended.signal is None else 100 + ended.signal)
"""


def _start(inventory: Path, at: int | str = "", number: signal.Signals = signal.SIGKILL) -> Command:
    command, environment = settings_of(inventory, {})
    ours = {
        "ANSIBLE_CALLBACK_PLUGINS": os.pathsep.join(map(str, PLUGINS)),
        "ANSIBLE_CALLBACKS_ENABLED": "boundaries",
        "ANSIBLE_STDOUT_CALLBACK": "rollway",
        "ROLLWAY_BOUNDARY_FILE": str(inventory / "boundaries"),
        "ROLLWAY_BOUNDARY": str(at),
        "ROLLWAY_BOUNDARY_SIGNAL": number.name,
    }
    told: dict[str, Any] = {"command": command, "environment": {**environment, **ours}}
    (inventory / "told.json").write_text(json.dumps(told))
    token = f"{inventory.name}-{time.monotonic_ns()}"
    with (inventory / "out").open("wb") as out, (inventory / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(inventory / "told.json")],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), TOKEN: token},
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    return Command(process, inventory, "unit", frozenset(), token)


def test_a_run_that_nobody_touches_is_counted(inventory: Path) -> None:
    counted = _start(inventory)
    assert counted.wait() != 0  # its hosts refuse
    tasks = [one.name for one in counted.boundaries if one.kind == "task"]
    assert {PLAN, CONCLUDE} <= set(tasks), tasks
    asked = tasks.index(PLAN) - 1
    names = [one.name for one in counted.boundaries if one.kind != "task"]
    assert set(names[asked : asked + len(HOST_NAMES)]) == HOST_NAMES


ENDS = [
    pytest.param(signal.SIGKILL, -signal.SIGKILL, id="killed"),
    pytest.param(signal.SIGTERM, 100 + signal.SIGTERM, id="ended"),
]


@pytest.mark.parametrize(("number", "code"), ENDS)
def test_the_whole_controller_ends_at_the_boundary(
    number: signal.Signals, code: int, inventory: Path
) -> None:
    ended = _start(inventory, PLAN, number)
    assert ended.wait() == code
    assert (ended.boundaries[-1].kind, ended.boundaries[-1].name) == ("task", PLAN)
    end = time.monotonic() + 10
    while ended.left():
        assert time.monotonic() < end, ended.left()
        time.sleep(0.05)
    assert not (inventory / RUN / "plan.json").exists()


def test_a_boundary_has_a_number_too(inventory: Path) -> None:
    ended = _start(inventory, 3)
    assert ended.wait() == -signal.SIGKILL
    assert len(ended.boundaries) == 4


def test_a_controller_that_stopped_goes_on(inventory: Path) -> None:
    asleep = _start(inventory, PLAN, signal.SIGSTOP)
    asleep.wait_until_stopped()
    assert not (inventory / RUN / "plan.json").exists()
    asleep.wake()
    assert asleep.wait() > 0
    assert (inventory / RUN / "result.json").exists()
