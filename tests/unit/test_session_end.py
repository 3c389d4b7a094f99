"""An interrupted session ends what runs beside it, also where a fixture fails on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from rollway.checking import ROOT
from tests.unit.processes import is_running

CONFTEST = """
from pathlib import Path

from tests.conftest import pytest_sessionfinish
from tests.lane import LANE

NOTED = Path(__file__).with_name("pid")


def pytest_runtestloop():
    LANE.add(("sh", "-c", f"echo $$ > {NOTED}.new; mv {NOTED}.new {NOTED}; exec sleep 300"))
"""
INTERRUPTED = """
import pytest
from conftest import NOTED
from tests.unit.processes import wait


@pytest.fixture
def spoiled():
    yield
    raise AssertionError("what it has to put back is not there")


def test_it(spoiled):
    wait(NOTED.exists)
    raise KeyboardInterrupt
"""


def test_a_fixture_that_fails_at_the_end_keeps_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_interrupted.py").write_text(INTERRUPTED)
    path = os.pathsep.join(map(str, (tmp_path, ROOT / "src", ROOT)))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", "."],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode != 0
    assert not is_running(int((tmp_path / "pid").read_text())), ran.stdout + ran.stderr
