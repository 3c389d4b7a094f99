"""What came too late is done again, a few times; what failed is not."""

from __future__ import annotations

import pytest

from tests.load import StarvedError, judged


def _ending(*ends: Exception | None) -> tuple[list[int], list[str], BaseException | None]:
    """How often it was done, what was said, and how it ended, where each time ends so."""
    done, said, left = [0], list[str](), list(ends)

    def once() -> None:
        done[0] += 1
        if end := left.pop(0):
            raise end

    try:
        judged(once, say=said.append)
    except AssertionError as error:
        return done, said, error
    return done, said, None


def test_a_starved_try_is_told_and_done_again() -> None:
    done, said, error = _ending(StarvedError("behind"), None)
    assert (done, error) == ([2], None)
    assert "behind" in said[0]


@pytest.mark.parametrize(
    ("first", "times"), [(AssertionError("lost"), 1), (StarvedError("behind"), 4)]
)
def test_what_is_lost_fails_at_once_and_standstill_in_the_end(
    first: AssertionError, times: int
) -> None:
    done, _, error = _ending(*[first] * times)
    assert (done, error) == ([times], first)
