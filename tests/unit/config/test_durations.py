from __future__ import annotations

import pytest

from rollway.config.durations import seconds

GOOD = [("0", 0.0), ("5s", 5.0), ("1m30s", 90.0), ("200ms", 0.2), ("1.5h", 5400.0)]
GOOD += [("10us", 1e-5), ("10µs", 1e-5), (".5s", 0.5), ("2h45m", 9900.0)]


@pytest.mark.parametrize(("text", "expected"), GOOD)
def test_a_duration_of_go_is_read(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["", "5", "5 s", "-5s", "s", "1m30", "5d", "1s\n", "1e3s", 5, None, "9" * 400 + "s"]
)
def test_anything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="is not a duration like 1m30s or 200ms"):
        seconds(text)
