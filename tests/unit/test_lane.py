"""Work beside the tests: begun in order, waited for, and ended with the session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lane import AT_ONCE, Lane
from tests.unit.processes import is_running, wait


def test_commands_are_waited_for_in_any_order(capsys: pytest.CaptureFixture[str]) -> None:
    lane = Lane()
    slow, quick = ("sh", "-c", "sleep 0.2; echo slow; exit 3"), ("echo", "quick")
    lane.add(slow)
    lane.add(quick)
    assert lane.ran(quick).stdout == "quick\n"
    assert (lane.ran(slow).stdout, lane.ran(slow).returncode) == ("slow\n", 3)
    lane.close()
    assert "quick" in capsys.readouterr().out


def test_a_command_that_nobody_added_runs_when_it_is_waited_for() -> None:
    lane = Lane()
    assert not lane.has(["echo", "late"])
    assert lane.ran(["echo", "late"]).stdout == "late\n"
    lane.close()


def test_a_session_that_ends_early_leaves_nothing_running(tmp_path: Path) -> None:
    noted, never = [tmp_path / f"pid-{number}" for number in range(AT_ONCE)], tmp_path / "never"
    lane = Lane()
    for path in noted:
        lane.add(("sh", "-c", f"echo $$ > {path}.new; mv {path}.new {path}; sleep 300"))
    lane.add(("touch", str(never)))
    wait(lambda: all(path.exists() for path in noted))
    lane.close()
    assert [path for path in noted if is_running(int(path.read_text()))] == []
    assert not never.exists()
