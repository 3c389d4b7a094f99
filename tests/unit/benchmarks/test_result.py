"""What follows from samples, and how it is shown."""

from __future__ import annotations

import json

import pytest

from benchmarks.measure import Sample
from benchmarks.methods import FLOOR, GROWTH
from benchmarks.result import Result
from benchmarks.tables import markdown, print_tables, tables

OURS = "Rollway, waves [1]"


def _sample(method: str, seconds: float, *, hosts: int = 3, number: int = 1) -> Sample:
    phases = {} if method == FLOOR else {"acquire": seconds / 2, "report": seconds / 2}
    return Sample(method, hosts, number, seconds, 50 << 20, load=0.5, phases=phases)


def _result(*samples: Sample) -> Result:
    return Result(samples, {"date": "2026-01-02T03:04:05Z"})


RESULT = _result(
    *(_sample(FLOOR, seconds) for seconds in (4.0, 5.0, 30.0)),
    *(_sample(OURS, seconds) for seconds in (6.0, 7.5, 9.0)),
    _sample(OURS, 8.0, hosts=6),
)


def test_rows_have_medians_and_ratios_of_their_size() -> None:
    found = [(row.hosts, row.method, row.median, row.ratio) for row in RESULT.rows()]
    assert found == [(3, FLOOR, 5.0, 1.0), (3, OURS, 7.5, 1.5), (6, OURS, 8.0, None)]


def test_phases_are_those_of_rollway_alone() -> None:
    assert RESULT.phases()[3, OURS] == {"acquire": 3.75, "report": 3.75}
    assert (3, FLOOR) not in RESULT.phases()


def test_growth_is_of_the_method_measured_for_it() -> None:
    grown = _result(_sample(GROWTH.name, 6.0), _sample(GROWTH.name, 9.0, hosts=6))
    assert grown.growth() == pytest.approx(1.0)
    assert grown.growth_of_phases() == {"acquire": pytest.approx(0.5), "report": pytest.approx(0.5)}
    (table,) = (one for one in tables(grown) if one.title == "Growth, 3 to 6 hosts")
    assert table.rows == (("all", "1.000"), ("acquire", "0.500"), ("report", "0.500"))
    assert RESULT.growth() is None
    assert RESULT.growth_of_phases() == {}


def test_data_can_be_written_as_json() -> None:
    data = json.loads(json.dumps(RESULT.as_json()))
    assert (data["schema"], len(data["samples"]), len(data["rows"])) == (1, 7, 3)


def test_a_page_has_the_same_cells_as_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    page = markdown(tables(RESULT))
    print_tables(tables(RESULT))
    shown = capsys.readouterr().out
    assert f"| 3 | {OURS} | 7.50 | 6.00 to 9.00 | 1.50 | 50 MiB |" in page
    assert "7.50" in shown
    assert "waves [1]" in shown
