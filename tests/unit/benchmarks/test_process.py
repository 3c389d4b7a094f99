"""A measured command that is broken off takes along what it started."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.process import end_group

PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"])
import time; time.sleep(60)
"""


def test_a_command_ends_with_all_it_started() -> None:
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        end_group(process, seconds=1)
        assert process.stdout.read() == b""  # nobody holds the other end
    assert process.returncode < 0
