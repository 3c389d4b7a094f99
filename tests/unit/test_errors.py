from __future__ import annotations

import pytest

from rollway import exits
from rollway.errors import RollwayError

TEXTS = [
    pytest.param(
        RollwayError("apps/x", "is not there", "iris", "pass --app=iris"),
        "apps/x: is not there; accepted: iris; next: pass --app=iris",
        id="all four parts",
    ),
    pytest.param(RollwayError("apps/x", "is not there"), "apps/x: is not there", id="two parts"),
    pytest.param(RollwayError("", "no lock"), "no lock", id="without a place"),
    pytest.param(
        RollwayError("a", "b", next="c"), "a: b; next: c", id="without what would be accepted"
    ),
]


@pytest.mark.parametrize(("error", "text"), TEXTS)
def test_the_text_leaves_out_what_is_empty(error: RollwayError, text: str) -> None:
    assert str(error) == text


def test_an_error_is_wrong_use_unless_it_says_more() -> None:
    assert RollwayError("a", "b").exit_code == exits.USAGE
    assert RollwayError("a", "b", exit_code=exits.REFUSED).exit_code == exits.REFUSED


def test_exit_codes_are_the_contract() -> None:
    codes = {name: getattr(exits, name) for name in vars(exits) if name.isupper()}
    assert codes == {
        "DONE": 0,
        "USAGE": 1,
        "FAILED": 2,
        "NEEDS_PERSON": 3,
        "LOCKED": 4,
        "HELD": 5,
        "REFUSED": 6,
        "DRIFT": 7,
        "UNEXPECTED": 70,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    }
