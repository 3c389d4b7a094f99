from __future__ import annotations

from pathlib import Path

from rollway.rollout.journal import Event, Journal


def test_events_are_read_from_where_one_stopped(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.since(0) == ([], 0)
    journal.append(Event("stage", "app-1", time=1.0, result={"msg": "a\u2028b"}))
    first, offset = journal.since(0)
    assert [event.host for event in first] == ["app-1"]
    assert journal.since(offset) == ([], offset)
    journal.append(Event("stage", "app-2", time=2.0))
    assert [event.host for event in journal.since(offset)[0]] == ["app-2"]
    assert [event.host for event in journal.events()] == ["app-1", "app-2"]


def test_a_line_that_is_still_written_waits(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append(Event("stage", "app-1", time=1.0))
    whole, offset = journal.since(0)
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"step": "sta')
    assert journal.since(0) == (whole, offset)
