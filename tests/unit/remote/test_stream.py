from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rollway.remote.playbook import ROOT

SPEAKER = """
import pathlib, sys
from rollway.remote.stream import forget_closed_outputs
sys.stdin.readline()
forget_closed_outputs()
print("nobody hears it", flush=True)
print("nor this", file=sys.stderr, flush=True)
pathlib.Path(sys.argv[1]).write_text("said")
"""


def test_a_closed_terminal_is_no_reason_to_leave_anything_undone(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-c", SPEAKER, str(tmp_path / "said")]
    with subprocess.Popen(
        words, env=environment, stdin=subprocess.PIPE, stdout=theirs, stderr=theirs, text=True
    ) as speaker:
        os.close(theirs)
        os.close(ours)
        speaker.communicate("go\n", timeout=20)
    assert speaker.returncode == 0
    assert (tmp_path / "said").read_text() == "said"


def test_outputs_that_are_open_stay(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    words = [sys.executable, "-c", SPEAKER, str(tmp_path / "said")]
    done = subprocess.run(
        words, env=environment, input="go\n", capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("nobody hears it\n", "nor this\n")
