from __future__ import annotations

from typing import Any

from rollway.records.audit import merge_audit


def entry(run: str, time: str, **changes: Any) -> dict[str, Any]:
    known = {"verb": "deploy", "owner": "ana@laptop", "release": "2-b", "outcome": "good"}
    return {"run": run, "time": time, **known, **changes}


def test_a_run_on_several_hosts_is_one_row_newest_first() -> None:
    answers = {
        "edge-1": {"entries": [entry("r2", "T5"), entry("r1", "T1", release=None)]},
        "app-1": {"entries": [entry("r2", "T4"), entry("r1", "T2", outcome="bad")]},
    }
    first, second = merge_audit(answers, app="iris", count=20)
    assert first == {
        "time": "T5",
        "owner": "ana@laptop",
        "verb": "deploy",
        "app": "iris",
        "release": "2-b",
        "outcome": "good",
        "hosts": ["app-1", "edge-1"],
        "run": "r2",
    }
    assert (second["outcome"], second["release"]) == ("mixed", "2-b")
    assert [row["run"] for row in merge_audit(answers, app="iris", count=1)] == ["r2"]


def test_what_a_host_noted_last_of_a_run_stands() -> None:
    answers = {"app-1": {"entries": [entry("r1", "T2"), entry("r1", "T1", outcome="held")]}}
    assert [row["outcome"] for row in merge_audit(answers, app="iris", count=9)] == ["good"]
