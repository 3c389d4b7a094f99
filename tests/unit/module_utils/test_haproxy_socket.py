"""What the master says of its workers, and how commands are put into lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.rollway.haproxy_socket import (
    LINE_BYTES,
    Master,
    Worker,
    batches,
    parse_processes,
)
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.edge_samples import PROCESSES


def test_the_current_worker_and_old_ones_are_told_apart() -> None:
    found = parse_processes(PROCESSES)
    assert found.current == 24683
    assert found.old == [Worker(24156, is_current=False, age_seconds=93784)]
    assert (found.version, found.failed_reloads) == ("2.6.12-1+deb12u4", 0)


def test_failed_reloads_are_counted() -> None:
    assert parse_processes(PROCESSES.replace("failed: 0", "failed: 2")).failed_reloads == 2


TOO_OLD = [
    ("an old version", PROCESSES.replace("2.6.12-1+deb12u4", "2.4.9"), "version 2.4.9"),
    ("no answer", "", "version unknown"),
]


@pytest.mark.parametrize(("text", "found"), [c[1:] for c in TOO_OLD], ids=[c[0] for c in TOO_OLD])
def test_a_haproxy_below_the_minimum_is_refused(text: str, found: str) -> None:
    with pytest.raises(Problem, match=found):
        parse_processes(text)


def test_a_newer_version_with_two_digits_is_not_older() -> None:
    assert parse_processes(PROCESSES.replace("2.6.12", "2.10.0")).version == "2.10.0-1+deb12u4"


def test_a_master_without_a_worker_is_a_problem() -> None:
    only_old = PROCESSES.replace("# workers", "# old workers")
    with pytest.raises(Problem, match="has no worker"):
        _ = parse_processes(only_old).current


def test_commands_keep_their_order_over_lines() -> None:
    commands = [f"set server rollway_iris/app-{number}-blue-1 state ready" for number in range(500)]
    lines = batches(commands)
    assert ";".join(lines).split(";") == commands
    assert len(lines) > 1
    assert max(len(line) for line in lines) <= LINE_BYTES


def test_no_command_is_no_line() -> None:
    assert batches([]) == []


def test_a_socket_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ansible.module_utils.rollway.haproxy_socket.ABSENT_SECONDS", 0.0)
    path = str(tmp_path / "master.sock")
    with pytest.raises(Problem) as caught:
        Master(path).processes()
    assert caught.value.data["where"] == path
    assert "./invoke provision" in caught.value.data["next"]
