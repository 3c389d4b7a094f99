from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rollway.records import identity
from rollway.remote.playbook import ROOT


def test_run_ids_sort_by_time_and_differ() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    first, second = (identity.new_run_id("deploy", now=moment) for _ in range(2))
    assert first.startswith("20260131T120000Z-deploy-")
    assert first != second


def test_a_lock_names_the_process_by_number_and_start() -> None:
    run = identity.describe_run("run-1", verb="deploy", process=os.getpid())
    assert run["controller"]["pid"] == os.getpid()
    assert run["controller"]["start_ticks"] > 0
    assert (run["reason"], run["env"]) == ("deploy", "")


def test_a_process_that_is_gone_has_no_start() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert identity.start_ticks(process.pid) == 0


def test_live_runs_are_found_by_their_command_line() -> None:
    code = "print('up', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "ansible-playbook"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = identity.live_processes()
        process.communicate("\n")
    assert [process.pid, pytest.approx(found["scan_ticks"], abs=1000)] in found["processes"]


HIDDEN = [pytest.param(b"init\0", 1000, id="seen"), pytest.param(None, 0, id="hidden")]


@pytest.mark.parametrize(("first", "scan"), HIDDEN)
def test_where_processes_are_hidden_nobody_is_proven_dead(
    first: bytes | None, scan: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As /proc mounted with `hidepid`, which hides the runs of other users."""
    (tmp_path / "uptime").write_text("10.00 20.00\n")
    if first is not None:
        (tmp_path / "1").mkdir()
        (tmp_path / "1" / "cmdline").write_bytes(first)
    monkeypatch.setattr(identity, "PROC", tmp_path)
    monkeypatch.setattr(os, "sysconf", lambda _: 100)
    assert identity.live_processes() == {"scan_ticks": scan, "processes": []}


@pytest.mark.parametrize("variable", ["BUILD_TAG", "GITHUB_RUN_ID"])
def test_a_ci_job_is_the_owner_of_its_runs(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "jenkins-deploy-7")
    assert identity.owner().startswith("jenkins-deploy-7@")


NAMES = [
    pytest.param(b"\xc5\xbdi\xc5\xbeek", "Žižek", id="UTF-8"),
    pytest.param(b"\xaei\xbeek", "?i?ek", id="Latin-2"),
]


@pytest.mark.parametrize(("name", "told"), NAMES)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_an_owner_can_be_written_down_in_any_locale(name: bytes, told: str, locale: str) -> None:
    code = "from rollway.records import identity; print(identity.owner())"
    kept = {"PATH": os.environ["PATH"].encode(), "PYTHONPATH": os.fsencode(ROOT / "src")}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "LC_ALL": locale.encode(), "SUDO_USER": name},
        capture_output=True,
        check=True,
    )
    assert ran.stdout.decode().startswith(f"{told}@")
