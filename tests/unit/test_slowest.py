"""The files that took longest, with the fixtures of their tests."""

from __future__ import annotations

import pytest

from tests.slowest import SHOWN, as_lines, slowest_files


def _report(name: str, seconds: float, when: str = "call") -> pytest.TestReport:
    return pytest.TestReport(name, (name, 1, ""), {}, "passed", None, when, duration=seconds)  # type: ignore[arg-type]


def test_seconds_are_summed_by_file_and_the_slowest_come_first() -> None:
    reports = [_report("a.py::x", 1.0, "setup"), _report("b.py::y", 4.0), _report("a.py::x", 2.0)]
    assert slowest_files(reports) == [("b.py", 4.0), ("a.py", 3.0)]
    assert as_lines([("b.py", 4.0)]) == ["    4.0 s  b.py"]


def test_ten_are_shown() -> None:
    assert len(slowest_files([_report(f"{n}.py::x", float(n)) for n in range(12)])) == SHOWN
