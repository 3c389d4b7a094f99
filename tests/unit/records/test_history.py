from __future__ import annotations

from typing import Any

import pytest

from rollway.records.history import FIELDS, merge

CONTRACT = [
    *("run", "verb", "app", "version", "release", "commit", "outcome"),
    *("started", "finished", "seconds", "hosts", "rollback_of"),
]


def _record(number: int, *, outcome: str = "good", **more: Any) -> dict[str, Any]:
    started = f"2026-01-01T00:00:0{number}Z"
    run = {"id": f"run-{number}", "verb": "deploy", "started": started, "owner": "me@here"}
    return {"run": run, "outcome": outcome, "release": f"{number}-a", "waves": [], **more}


def _told(*records: dict[str, Any], phase: Any = None) -> dict[str, Any]:
    return {"runs": list(records), "phase": phase}


PHASE = {"run": "T-deploy-9", "step": "start", "since": "2026-01-01T00:00:09Z", "release": "9-a-b"}
CASES: list[Any] = [
    pytest.param({}, [], id="nobody answered"),
    pytest.param(
        {"app-1": _told(_record(1)), "edge-1": _told(_record(1))},
        [("run-1", "good", ["app-1", "edge-1"])],
        id="a run on several hosts is one row",
    ),
    pytest.param(
        {"app-1": _told(_record(1), _record(3)), "app-2": _told(_record(2))},
        [("run-3", "good", ["app-1"]), ("run-2", "good", ["app-2"]), ("run-1", "good", ["app-1"])],
        id="newest first",
    ),
    pytest.param(
        {"app-1": _told(_record(1)), "app-2": _told(_record(1, outcome="bad"))},
        [("run-1", "mixed", ["app-1", "app-2"])],
        id="hosts that disagree",
    ),
    pytest.param(
        {"app-1": _told(phase=PHASE), "app-2": _told(_record(1), phase=PHASE)},
        [("T-deploy-9", "interrupted", ["app-1", "app-2"]), ("run-1", "good", ["app-2"])],
        id="a run that never came to its end",
    ),
    pytest.param(
        {"app-1": _told(_record(1), phase={**PHASE, "run": "run-1"})},
        [("run-1", "good", ["app-1"])],
        id="a phase of a run that some host concluded",
    ),
]


@pytest.mark.parametrize(("answers", "rows"), CASES)
def test_histories_of_hosts_become_one(answers: Any, rows: list[Any]) -> None:
    found = merge(answers, app="iris", count=20)
    assert [(row["run"], row["outcome"], row["hosts"]) for row in found] == rows
    assert [list(row) for row in found] == [CONTRACT] * len(rows)


def test_a_run_at_work_is_not_interrupted() -> None:
    told = {**_told(phase=PHASE), "at_work": PHASE["run"]}
    (row,) = merge({"app-1": told, "app-2": _told(phase=PHASE)}, app="iris", count=1)
    assert row["outcome"] == "running"


def test_a_run_ended_when_its_last_host_had() -> None:
    early = _record(1, finished="2026-01-01T00:00:05Z", seconds=4.0)
    late = _record(1, finished="2026-01-01T00:00:06Z", seconds=5.0)
    row = merge({"a": _told(early), "b": _told(late)}, app="iris", count=1)[0]
    assert (row["finished"], row["seconds"]) == ("2026-01-01T00:00:06Z", 5.0)


def test_an_interrupted_run_names_what_it_brought() -> None:
    row = merge({"a": _told(phase=PHASE)}, app="iris", count=1)[0]
    assert (row["verb"], row["release"], row["version"]) == ("deploy", "9-a-b", "a-b")


def test_only_the_newest_are_shown() -> None:
    told = _told(*[_record(number) for number in range(5)])
    assert [row["run"] for row in merge({"a": told}, app="i", count=2)] == ["run-4", "run-3"]


def test_the_fields_are_those_of_the_contract() -> None:
    assert list(FIELDS) == CONTRACT
