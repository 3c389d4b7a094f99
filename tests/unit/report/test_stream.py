from __future__ import annotations

import json

import pytest

from rollway.report.output import JSON, LIVE, PLAIN, output_for
from rollway.report.progress import Asked, Began, Ended, Planned, Skipped, Update
from rollway.report.stream import JsonOutput, PlainOutput, result_event

TIME = "2026-01-31T12:00:00.125Z"
NOW = 1769860800.125

BLANK = {"wave": None, "ok": None, "seconds": None, "said": "", "problem": None}
PROBLEM = {"where": "api-1", "found": "not ready"}
EVENTS = [
    pytest.param(
        Began("shift", "edge-1", NOW, wave=0),
        {**BLANK, "event": "started", "step": "shift", "host": "edge-1", "wave": 1},
        id="a step that starts, its wave counted from one",
    ),
    pytest.param(
        Ended("stage", "app-1", NOW, said="app-1: ready", seconds=1.23456),
        {
            **BLANK,
            "event": "ended",
            "step": "stage",
            "host": "app-1",
            "ok": True,
            "seconds": 1.235,
            "said": "app-1: ready",
        },
        id="a step that ended well",
    ),
    pytest.param(
        Ended("stage", "app-1", NOW, said="app-1: not ready", problem=PROBLEM),
        {
            **BLANK,
            "event": "ended",
            "step": "stage",
            "host": "app-1",
            "ok": False,
            "said": "app-1: not ready",
            "problem": PROBLEM,
        },
        id="a step that failed",
    ),
    pytest.param(
        Skipped("stage", "app-1", NOW, "it runs there already"),
        {
            **BLANK,
            "event": "ended",
            "step": "stage",
            "host": "app-1",
            "ok": True,
            "said": "it runs there already",
            "skipped": True,
        },
        id="a step with nothing to do",
    ),
]


@pytest.mark.parametrize(("update", "event"), EVENTS)
def test_an_event(update: Update, event: dict[str, object]) -> None:
    lines: list[str] = []
    JsonOutput(lines.append).show(update)
    assert [json.loads(line) for line in lines] == [{"time": TIME, **event}]


def test_only_steps_are_events_and_only_sentences_are_lines() -> None:
    lines: list[str] = []
    quiet: list[Update] = [Asked("deploy", ("a",), (), NOW), Planned("2-b", (("a",),))]
    for update in quiet:
        JsonOutput(lines.append).show(update)
    for update in [*quiet, Began("stage", "a", NOW), Ended("stage", "a", NOW, said="a: ready")]:
        PlainOutput(lines.append).show(update)
    assert lines == ["a: ready"]


def test_the_last_event_is_the_result() -> None:
    result = {"sentence": "2-b failed", "problems": [PROBLEM], "hosts": []}
    event = json.loads(result_event(result, code=2, now=NOW, seconds=7.0004))
    assert event == {
        **BLANK,
        "time": TIME,
        "event": "result",
        "step": "report",
        "host": "localhost",
        "ok": False,
        "seconds": 7.0,
        "said": "2-b failed",
        "problem": PROBLEM,
        "exit": 2,
        "result": result,
    }


OUTPUTS = [
    ("", True, LIVE),
    ("", False, PLAIN),
    (LIVE, True, LIVE),
    (LIVE, False, PLAIN),
    (PLAIN, True, PLAIN),
    (JSON, True, JSON),
    (JSON, False, JSON),
]


@pytest.mark.parametrize(("wanted", "is_terminal", "kind"), OUTPUTS)
def test_what_is_shown(wanted: str, is_terminal: bool, kind: str) -> None:
    assert output_for(wanted, is_terminal=is_terminal) == kind
