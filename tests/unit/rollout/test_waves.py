from __future__ import annotations

import pytest

from rollway.rollout.waves import WaveSize, split_into_waves, wave_sizes

SIZES: list[tuple[str, list[WaveSize], int, list[int]]] = [
    ("waves of one by default", [1], 3, [1, 1, 1]),
    ("the last size repeats", [1, 2], 6, [1, 2, 2, 1]),
    ("a percentage is of all hosts", [1, "25%", "100%"], 12, [1, 3, 8]),
    ("a percentage is at least one host", ["10%"], 3, [1, 1, 1]),
    ("a percentage rounds down, as serial does", ["50%"], 5, [2, 2, 1]),
    ("a size above the fleet is the fleet", [10], 3, [3]),
    ("no hosts make no waves", [1], 0, []),
]


@pytest.mark.parametrize(
    ("sizes", "hosts", "expected"), [c[1:] for c in SIZES], ids=[c[0] for c in SIZES]
)
def test_wave_sizes(sizes: list[WaveSize], hosts: int, expected: list[int]) -> None:
    assert wave_sizes(sizes, host_count=hosts) == expected


def test_hosts_keep_their_order() -> None:
    assert split_into_waves(["a", "b", "c"], [1, "100%"]) == [["a"], ["b", "c"]]


def test_percentages_refer_to_the_fleet_and_not_to_what_is_left() -> None:
    assert split_into_waves(["c", "d"], ["25%"], host_count=4) == [["c"], ["d"]]
