from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from rollway.checking import ROOT
from tests.family import run_family
from tests.unit.processes import is_running, wait

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
    wait(noted.exists)
    session.send_signal(signal.SIGTERM)
    assert session.wait(timeout=20) != 0
    grandchild = int(noted.read_text(encoding="utf-8"))
    wait(lambda: not is_running(grandchild))
