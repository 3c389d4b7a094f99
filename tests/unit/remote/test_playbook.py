from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rollway.remote.playbook import ROOT, Play, command_of


def test_the_command_is_a_list_without_secrets() -> None:
    play = Play(
        "playbooks/deploy.yml",
        inventory=Path("inventories/staging"),
        extra_vars={"rollway_registry_password": "s3cret"},
        limit="app-1:edge",
        check=True,
        diff=True,
        verbose=2,
    )
    command = command_of(play, variables=Path("/tmp/x/vars.json"))
    assert command[1:] == [
        "--inventory=inventories/staging",
        "--extra-vars=@/tmp/x/vars.json",
        "--limit=app-1:edge",
        "--check",
        "--diff",
        "-vv",
        "playbooks/deploy.yml",
    ]
    assert "s3cret" not in " ".join(command)


CHILD = """
import sys
from rollway.remote.playbook import run_in_group
ended = run_in_group([sys.executable, "-c", sys.argv[1]], environment={})
print(ended.code, ended.signal.name if ended.signal else "-")
"""

# A parent with a child of its own, as Ansible with its workers: both must be gone.
FAMILY = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({path!r}).write_text(str(child.pid))
time.sleep(60)
"""


def _start(code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, code], env=environment, stdout=subprocess.PIPE, text=True
    )


def _until(condition: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def _is_alive(process: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_whole_family(number: signal.Signals, tmp_path: Path) -> None:
    path = tmp_path / "child"
    with _start(FAMILY.format(path=str(path))) as process:
        _until(lambda: path.exists() and path.read_text())
        process.send_signal(number)
        output, _ = process.communicate(timeout=20)
    assert output.split()[1] == number.name
    grandchild = int(path.read_text())
    _until(lambda: not _is_alive(grandchild))


def test_the_code_of_the_command_is_returned() -> None:
    with _start("raise SystemExit(4)") as process:
        output, _ = process.communicate(timeout=20)
    assert output.split() == ["4", "-"]
