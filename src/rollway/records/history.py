"""One history out of what every host recorded: the contract of `history --json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.records.identity import verb_of

FIELDS = (
    "run",
    "verb",
    "app",
    "version",
    "release",
    "commit",
    "outcome",
    "started",
    "finished",
    "seconds",
    "hosts",
    "rollback_of",
)
INTERRUPTED, RUNNING, MIXED = "interrupted", "running", "mixed"

Answer = Mapping[str, Any]
Row = dict[str, Any]


def merge(answers: Mapping[str, Answer], *, app: str, count: int) -> list[Row]:
    """Return the newest `count` runs, newest first; `answers` are the hosts' `runs` and `phase`.

    A run on several hosts is one row. A phase of a run that no host recorded is that of one at
    work, or, where none can be, of an interrupted one.
    """
    found: dict[str, dict[str, Row]] = {}
    for host, answer in answers.items():
        for record in answer.get("runs") or ():
            row = _row(record, app)
            found.setdefault(row["run"], {})[host] = row
    rows = [_one(by_host) for by_host in found.values()]
    rows += _unrecorded(answers, app, known=set(found))
    return sorted(rows, key=lambda row: (row["started"] or "", row["run"]), reverse=True)[:count]


def _row(record: Mapping[str, Any], app: str) -> Row:
    """One record of one host; the host's word for the outcome stands."""
    run = record["run"]
    head = {"app": app, "verb": run.get("verb"), "started": run.get("started")}
    return {
        **dict.fromkeys(FIELDS),
        **head,
        **{name: record[name] for name in FIELDS if name in record},
        "run": str(run["id"]),
    }


def _one(by_host: Mapping[str, Row]) -> Row:
    """The rows of one run: it ended when its last host had, and may have ended differently."""
    rows = list(by_host.values())
    outcomes = {row["outcome"] for row in rows}
    row = {name: _first(rows, name) for name in FIELDS}
    return {
        **row,
        "outcome": outcomes.pop() if len(outcomes) == 1 else MIXED,
        "finished": _last(rows, "finished"),
        "seconds": _last(rows, "seconds"),
        "hosts": sorted(by_host),
    }


def _first(rows: list[Row], name: str) -> Any:
    return next((row[name] for row in rows if row[name] is not None), None)


def _last(rows: list[Row], name: str) -> Any:
    return max((row[name] for row in rows if row[name] is not None), default=None)


def _unrecorded(answers: Mapping[str, Answer], app: str, *, known: set[str]) -> list[Row]:
    phases: dict[str, dict[str, Mapping[str, Any]]] = {}
    for host, answer in answers.items():
        phase = answer.get("phase")
        if phase and phase["run"] not in known:
            phases.setdefault(str(phase["run"]), {})[host] = phase
    working = {answer.get("at_work") for answer in answers.values()}
    return [
        {**_left(run, by_host, app), "outcome": RUNNING if run in working else INTERRUPTED}
        for run, by_host in phases.items()
    ]


def _left(run: str, by_host: Mapping[str, Mapping[str, Any]], app: str) -> Row:
    """What a run that has not come to its end says: since when, and what it brings."""
    release = next((phase["release"] for phase in by_host.values() if phase["release"]), None)
    return {
        **dict.fromkeys(FIELDS),
        "run": run,
        "verb": verb_of(run),
        "app": app,
        "release": release,
        "version": release.partition("-")[2] if release else None,
        "started": min(str(phase["since"]) for phase in by_host.values()),
        "hosts": sorted(by_host),
    }
