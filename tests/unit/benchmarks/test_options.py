"""What one benchmark measures."""

from __future__ import annotations

import pytest

from benchmarks.options import Options, parse

WRONG = [
    ("a word", ["--hosts=three"]),
    ("nothing between commas", ["--hosts=3,,6"]),
    ("no hosts", ["--hosts=0"]),
    ("more hosts than a lab has", ["--hosts=51"]),
    ("no rounds", ["--rounds=0"]),
    ("an unknown option", ["--round=3"]),
    ("two kinds of growth", ["--growth", "--growth-hosts=3"]),
    ("growth beyond a lab", ["--growth-hosts=3,51"]),
]


def test_left_out_they_are_the_usual_ones() -> None:
    assert parse([]) == Options(hosts=(3, 6), rounds=3)


def test_sizes_come_once_and_smallest_first() -> None:
    assert parse(["--hosts=6,3,6"]).hosts == (3, 6)


def test_growth_adds_its_sizes() -> None:
    assert parse(["--hosts=4", "--growth"]).sizes == (3, 4, 6, 12)


def test_growth_may_have_sizes_of_its_own() -> None:
    found = parse(["--hosts=3", "--growth-hosts=50,12"])
    assert (found.growth, found.sizes) == ((12, 50), (3, 12, 50))


@pytest.mark.parametrize("words", [c[1] for c in WRONG], ids=[c[0] for c in WRONG])
def test_what_cannot_be_measured_is_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        parse(words)
