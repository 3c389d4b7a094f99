"""What is said of a load."""

from __future__ import annotations

import pytest

from tests.load.report import FIRST_FAILURES, Report, Tally, quantile

QUANTILES = [
    ("none", [], 0.99, 0.0),
    ("one", [3.0], 0.5, 3.0),
    ("the middle of four", [4.0, 1.0, 3.0, 2.0], 0.5, 2.0),
    ("99 of 100", [float(n) for n in range(1, 101)], 0.99, 99.0),
    ("the largest", [1.0, 9.0, 5.0], 1.0, 9.0),
]


@pytest.mark.parametrize(
    ("samples", "share", "value"), [c[1:] for c in QUANTILES], ids=[c[0] for c in QUANTILES]
)
def test_quantiles(samples: list[float], share: float, value: float) -> None:
    assert quantile(samples, share) == value


def _tally(*, good: int, bad: int) -> Tally:
    tally = Tally()
    for number in range(good + bad):
        tally.due(0.01)
        if number < good:
            tally.good("new_get", "v1", at=number / 2, took=0.002)
        else:
            tally.bad("kept_post", "no_answer", "closed", server="v1", at=number / 2)
    return tally


def test_a_load_without_loss() -> None:
    report = _tally(good=3, bad=0).finish(seconds=2, cpu_seconds=0.1)
    assert (report.sent, report.answered, report.lost, report.cut_streams) == (3, 3, [], [])
    assert report.versions == {"v1": 3}
    assert report.timeline == [{"second": 0, "v1": 2}, {"second": 1, "v1": 1}]
    assert not report.is_overloaded


def test_what_was_lost_is_said_and_counted() -> None:
    report = _tally(good=1, bad=FIRST_FAILURES + 5).finish(seconds=2, cpu_seconds=0.1)
    assert report.failed == FIRST_FAILURES + 5
    assert report.lost_by_kind == {"no_answer": FIRST_FAILURES + 5}
    assert len(report.lost) == FIRST_FAILURES
    assert report.lost[0] == "0.5 s, kept_post: no_answer: closed, answered by v1"


def test_a_cut_stream_is_no_lost_request() -> None:
    tally = _tally(good=1, bad=0)
    tally.bad("stream", "cut", "ended", server="", at=7)
    report = tally.finish(seconds=8, cpu_seconds=0.1)
    assert report.lost == []
    assert report.cut_streams == ["7 s, stream: cut: ended"]
    assert report.streams == {"ok": 0, "cut": 1, "unfinished": 0}


def test_losses_show_although_streams_filled_the_list() -> None:
    tally = Tally()
    for _ in range(FIRST_FAILURES):
        tally.bad("stream", "cut", "ended", server="", at=1)
    tally.due(0)
    tally.bad("new_get", "connect", "refused", server="", at=2)
    assert tally.finish(seconds=2, cpu_seconds=0).lost == ["1 failed"]


def test_a_late_generator_says_so() -> None:
    tally = Tally()
    tally.due(0.3)
    assert tally.finish(seconds=1, cpu_seconds=0).is_overloaded


def test_a_report_crosses_processes() -> None:
    report = _tally(good=2, bad=1).finish(seconds=2, cpu_seconds=0.1)
    other = Report()
    other.fill(report.to_json())
    assert other == report
