"""The progress of a run for logs and machines: plain lines, or a JSON event per line."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rollway.report.progress import Began, Ended, Skipped, Update, Waits

Write = Callable[[str], None]


class PlainOutput:
    """Writes a sentence for each step and host, and the problems with what to do next."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def show(self, update: Update) -> None:
        if isinstance(update, Ended | Waits) and update.said:
            self._write(update.said)

    def close(self) -> None:
        """Nothing is left to do."""


class JsonOutput:
    """Writes an object for each beginning and end of a step on a host."""

    def __init__(self, write: Write) -> None:
        self._write = write

    def show(self, update: Update) -> None:
        if isinstance(update, Began | Ended | Skipped | Waits):
            self._write(json.dumps(event_of(update), ensure_ascii=False))

    def close(self) -> None:
        """Nothing is left to do."""


def event_of(update: Began | Ended | Skipped | Waits) -> dict[str, Any]:
    """One object. `wave` counts from 1, as sentences do; `time` is UTC in ISO 8601."""
    event = {
        "time": timestamp(update.time),
        "event": "started",
        "step": update.step,
        "host": update.host,
        "wave": None if update.wave is None else update.wave + 1,
        "ok": None,
        "seconds": None,
        "said": "",
        "problem": None,
    }
    if isinstance(update, Waits):
        return {**event, "event": "waits", "said": update.said}
    if isinstance(update, Skipped):
        return {**event, "event": "ended", "ok": True, "said": update.said, "skipped": True}
    return {**event, **_end_of(update)} if isinstance(update, Ended) else event


def _end_of(update: Ended) -> dict[str, Any]:
    return {
        "event": "ended",
        "ok": update.problem is None,
        "seconds": _rounded(update.seconds),
        "said": update.said,
        "problem": update.problem,
    }


def result_event(result: dict[str, Any], *, code: int, now: float, seconds: float) -> str:
    """The last line: how the run ended; `result` holds all that is known of it."""
    problems = result.get("problems") or []
    event = {
        "time": timestamp(now),
        "event": "result",
        "step": "report",
        "host": "localhost",
        "wave": None,
        "ok": code == 0,
        "seconds": _rounded(seconds),
        "said": result.get("sentence", ""),
        "problem": problems[0] if problems else None,
        "exit": code,
        "result": result,
    }
    return json.dumps(event, ensure_ascii=False)


def timestamp(seconds: float) -> str:
    """`2026-01-31T12:00:00.123Z` for seconds since the epoch."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
