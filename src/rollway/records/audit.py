"""One audit out of what every host noted: the contract of `audit --json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.records.history import MIXED

Row = dict[str, Any]


def merge_audit(answers: Mapping[str, Mapping[str, Any]], *, app: str, count: int) -> list[Row]:
    """The newest `count` runs, newest first; `answers` are the hosts' `entries`, newest first.

    A run on several hosts is one row, at the time of its last host; what a host noted last stands.
    """
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for host, answer in answers.items():
        for entry in answer.get("entries") or ():
            found.setdefault(str(entry["run"]), {}).setdefault(host, entry)
    rows = [_row(run, by_host, app) for run, by_host in found.items()]
    return sorted(rows, key=lambda row: (row["time"], row["run"]), reverse=True)[:count]


def _row(run: str, by_host: Mapping[str, Mapping[str, Any]], app: str) -> Row:
    entries = list(by_host.values())
    outcomes = {entry.get("outcome") for entry in entries}
    return {
        "time": max(str(entry["time"]) for entry in entries),
        "owner": _first(entries, "owner"),
        "verb": _first(entries, "verb"),
        "app": app,
        "release": _first(entries, "release"),
        "outcome": outcomes.pop() if len(outcomes) == 1 else MIXED,
        "hosts": sorted(by_host),
        "run": run,
    }


def _first(entries: list[Mapping[str, Any]], name: str) -> Any:
    return next((entry[name] for entry in entries if entry.get(name) is not None), None)
