"""What the hosts recorded is what every controller shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.long

TOLD = ("release", "version", "commit", "rollback_of")


@pytest.fixture(scope="module")
def results(lab: Lab) -> list[dict[str, Any]]:
    """Results of a deploy, one that fails, and a rollback; newest first."""
    for version, fault in (("history-1", ""), ("history-2", ""), ("history-bad", "crash_loop")):
        arguments = [f"--build-arg=FAULT={fault}"] if fault else []
        assert lab.invoke("build", f"--version={version}", *arguments).returncode == exits.DONE
    _ran(lab, "deploy", "--version=history-1")
    good = _ran(lab, "deploy", "--version=history-2")
    bad = _ran(lab, "deploy", "--version=history-bad", code=exits.FAILED)
    return [_ran(lab, "rollback"), bad, good]


def _ran(lab: Lab, verb: str, *options: str, code: int = exits.DONE) -> dict[str, Any]:
    ran = lab.invoke(verb, *options, "--json")
    assert ran.returncode == code, ran.stderr
    return dict(json.loads(ran.stdout))


def _rows(lab: Lab) -> list[dict[str, Any]]:
    ran = lab.invoke("history", "--json")
    assert ran.returncode == exits.DONE, ran.stderr
    return list(json.loads(ran.stdout))


def _of(rows: list[dict[str, Any]], results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = {result["run"] for result in results}
    return [row for row in rows if row["run"] in wanted]


def test_each_run_is_a_row_with_what_became_of_it(lab: Lab, results: list[dict[str, Any]]) -> None:
    rows = _of(_rows(lab), results)
    assert [row["run"] for row in rows] == [result["run"] for result in results]
    assert [row["outcome"] for row in rows] == ["good", "bad", "good"]
    shown = [{name: row[name] for name in TOLD} for row in rows]
    assert shown == [{name: result[name] for name in TOLD} for result in results]
    assert all(set(lab.hosts) < set(row["hosts"]) for row in rows)
    assert all(row["seconds"] >= 0 and row["finished"] >= row["started"] for row in rows)


def test_the_audit_names_who_did_it(lab: Lab, results: list[dict[str, Any]]) -> None:
    ran = lab.invoke("audit", "--json")
    assert ran.returncode == exits.DONE, ran.stderr
    entries = _of(list(json.loads(ran.stdout)), results)
    assert [one["run"] for one in entries] == [result["run"] for result in results]
    assert [one["owner"] for one in entries] == [result["owner"] for result in results]
    assert all(set(lab.hosts) < set(one["hosts"]) for one in entries)


def test_another_controller_sees_the_same(
    lab: Lab, results: list[dict[str, Any]], tmp_path: Path
) -> None:
    ran = lab.playbook("history", f"--extra-vars=rollway_runs_dir={tmp_path}")
    assert ran.returncode == 0, ran.stdout
    told = json.loads(next(tmp_path.glob("*/history.json")).read_text())
    assert _of(told["runs"], results) == _of(_rows(lab), results)
