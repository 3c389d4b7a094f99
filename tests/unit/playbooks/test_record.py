"""The playbook that records an interrupted run, for real over hosts that refuse to answer."""

from __future__ import annotations

import json
from pathlib import Path

from rollway import exits
from rollway.report.result import write_report
from rollway.rollout.interrupted import interruption
from rollway.rollout.journal import Journal
from tests.unit.playbooks.fleet import HOST_NAMES, RUN, run_playbook


def test_every_host_is_told_and_whoever_does_not_answer_is_named(inventory: Path) -> None:
    run_playbook(inventory, {})
    run_dir = inventory / RUN
    for name in ("result.json", "plan.json"):
        (run_dir / name).unlink()
    Journal(run_dir).append(interruption("SIGTERM"))
    ran = run_playbook(inventory, {}, verb="record")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert set(Journal(run_dir).results("record")) == HOST_NAMES
    result = write_report(run_dir)
    assert (result["outcome"], result["exit"]) == ("aborted", exits.TERMINATED)
    assert result["sentence"].startswith("interrupted by SIGTERM before any change; not recorded")


def test_a_run_that_nobody_knows_is_an_error(inventory: Path) -> None:
    ran = run_playbook(inventory, {}, verb="record")
    assert ran.returncode != 0
    assert "has no request" in ran.stdout
    error = json.loads((inventory / RUN / "error.json").read_text())
    assert error["where"] == f"rollway_run_id={RUN}"
