"""Arithmetic of measurements."""

from __future__ import annotations

import pytest

from benchmarks import figures

SLOPES = [
    ("two sizes", [(3, 6.0), (6, 7.5)], 0.5),
    ("sizes in any order", [(12, 12.0), (3, 3.0), (6, 6.0)], 1.0),
    ("a line that does not fit exactly", [(0, 0.0), (1, 3.0), (2, 3.0)], 1.5),
    ("one size only", [(3, 6.0), (3, 7.0)], None),
    ("nothing", [], None),
]


@pytest.mark.parametrize(("points", "slope"), [c[1:] for c in SLOPES], ids=[c[0] for c in SLOPES])
def test_what_a_further_host_costs(points: list[tuple[int, float]], slope: float | None) -> None:
    assert figures.seconds_per_host(points) == pytest.approx(slope)


def test_medians_leave_out_what_was_not_measured() -> None:
    found = figures.medians({"a": [3.0, 1.0, 9.0], "b": [2.0, 4.0], "c": []})
    assert found == {"a": 3.0, "b": 3.0}


def test_ratios_are_to_the_floor() -> None:
    assert figures.ratios({"floor": 2.0, "ours": 3.0}, to="floor") == {"floor": 1.0, "ours": 1.5}


def test_without_the_floor_there_are_no_ratios() -> None:
    assert figures.ratios({"ours": 3.0}, to="floor") == {}


def test_a_phase_that_one_run_lacks_took_no_time_there() -> None:
    runs = [{"acquire": 1.0, "undo": 4.0}, {"acquire": 2.0}, {"acquire": 9.0}]
    assert figures.middle_phases(runs) == {"acquire": 2.0, "undo": 0.0}
