"""Where the time of a run went."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.phases import Mark, marks_of, read, split


def test_phases_add_up_to_the_whole_command() -> None:
    marks = [Mark("read", 11.0), Mark("acquire", 11.5), Mark("acquire", 12.0), Mark("plan", 12.25)]
    assert split(marks, started=10.0, ended=13.0) == {
        "read": 1.0,
        "acquire": 1.0,
        "plan": 0.25,
        "report": 0.75,
    }


def test_a_run_without_records_is_all_report() -> None:
    assert split([], started=1.0, ended=3.0) == {"report": 2.0}


def test_the_first_wave_is_told_from_the_others() -> None:
    events = [{"step": "shift", "wave": wave, "time": wave} for wave in range(3)]
    assert [mark.phase for mark in marks_of(events)] == [
        "shift wave 1",
        "shift other waves",
        "shift other waves",
    ]


def test_a_run_s_folder_is_read(tmp_path: Path) -> None:
    for name in ("request.json", "plan.json"):
        (tmp_path / name).touch()
    event = {"step": "acquire", "host": "app-1", "wave": None, "time": 5.0}
    (tmp_path / "events.jsonl").write_text(json.dumps(event) + "\n")
    marks = read(tmp_path)
    assert [mark.phase for mark in marks] == ["start", "read", "plan", "acquire"]
    assert marks[-1].time == pytest.approx(5.0)
    assert marks[0].time > 0
