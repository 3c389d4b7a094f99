from __future__ import annotations

import pytest

from rollway.cli.lab import _count
from rollway.errors import RollwayError


@pytest.mark.parametrize("text", ["0", "00", "-1", "51", "1000", "abc", "٣", "²", "9" * 5000])
def test_a_number_of_hosts_that_cannot_be(text: str) -> None:
    with pytest.raises(RollwayError) as refused:
        _count("--hosts", text, range(1, 51), usual=3)
    assert str(refused.value) == (
        f"--hosts: {text!r}; accepted: a number from 1 to 50; next: --hosts=3"
    )


@pytest.mark.parametrize("text", ["-1", "6", "1.5", "two", "٣", "²"])
def test_a_number_of_edges_that_cannot_be(text: str) -> None:
    with pytest.raises(RollwayError) as refused:
        _count("--edges", text, range(6), usual=1)
    assert str(refused.value) == (
        f"--edges: {text!r}; accepted: a number from 0 to 5; next: --edges=1"
    )


@pytest.mark.parametrize(("text", "count"), [("", None), ("0", 0), ("5", 5)])
def test_no_edge_is_another_wish_than_none(text: str, count: int | None) -> None:
    assert _count("--edges", text, range(6), usual=1) == count
