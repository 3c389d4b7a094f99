from __future__ import annotations

from pathlib import Path

import pytest

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab.limits import refuse_crowded


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A machine with 20 inotify instances, of which one process has two."""
    setting = tmp_path / "sys/fs/inotify/max_user_instances"
    setting.parent.mkdir(parents=True)
    setting.write_text("20\n")
    open_files = tmp_path / "7/fd"
    open_files.mkdir(parents=True)
    for number, target in enumerate(("anon_inode:inotify", "anon_inode:inotify", "/dev/null")):
        (open_files / str(number)).symlink_to(target)
    return tmp_path


def test_hosts_that_fit_are_let_through(proc: Path) -> None:
    refuse_crowded(2, proc=proc)


def test_hosts_that_would_not_start_are_refused_with_the_command(proc: Path) -> None:
    with pytest.raises(RollwayError) as refused:
        refuse_crowded(3, proc=proc)
    assert "fs.inotify.max_user_instances is 20, and 3 more hosts need 23" in str(refused.value)
    assert "sysctl -w fs.inotify.max_user_instances=87" in str(refused.value)
    assert refused.value.exit_code == exits.REFUSED


def test_a_machine_without_the_setting_is_not_judged(tmp_path: Path) -> None:
    refuse_crowded(50, proc=tmp_path)
