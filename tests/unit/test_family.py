from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from rollway.checking import ROOT
from tests.family import run_family

SESSION = """
import signal, sys
from tests.family import run_family
signal.signal(signal.SIGTERM, signal.default_int_handler)
run_family(["sh", "-c", "sleep 300 & echo $! > $0.new; mv $0.new $0; wait", sys.argv[1]])
"""


def test_a_command_s_code_and_both_outputs_come_back() -> None:
    ran = run_family(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (ran.returncode, ran.stdout, ran.stderr) == (3, "out\n", "err\n")


def test_an_interrupted_session_leaves_no_child_behind(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    session = subprocess.Popen(
        [sys.executable, "-c", SESSION, str(noted)], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    _wait(noted.exists)
    session.send_signal(signal.SIGTERM)
    assert session.wait(timeout=20) != 0
    grandchild = int(noted.read_text(encoding="utf-8"))
    _wait(lambda: not _is_running(grandchild))


def _is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2]
    except OSError:
        return False


def _wait(is_so: object, *, seconds: float = 20.0) -> None:
    assert callable(is_so)
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.02)
