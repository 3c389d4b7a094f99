"""Work beside the tests: in order, waited for, and ended with the session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lane import Lane
from tests.unit.processes import is_running, wait


def test_commands_run_in_order_and_are_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noted, lane = tmp_path / "noted", Lane()
    first = ("sh", "-c", f"sleep 0.2; echo first >> {noted}; exit 3")
    second = ("sh", "-c", f"echo second >> {noted}; cat {noted}")
    lane.add(first)
    lane.add(second)
    assert lane.ran(second).stdout == "first\nsecond\n"
    assert lane.ran(first).returncode == 3
    lane.close()
    assert "second" in capsys.readouterr().out


def test_a_session_that_ends_early_leaves_nothing_running(tmp_path: Path) -> None:
    noted, cleaned, never = tmp_path / "pid", tmp_path / "cleaned", tmp_path / "never"
    lane = Lane()
    lane.add(("sh", "-c", f"echo $$ > {noted}.new; mv {noted}.new {noted}; sleep 300"))
    lane.add(("touch", str(never)))
    lane.add(("touch", str(cleaned)), is_cleanup=True)
    wait(noted.exists)
    lane.close()
    assert not is_running(int(noted.read_text()))
    assert (cleaned.exists(), never.exists()) == (True, False)
