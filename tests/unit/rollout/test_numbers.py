from __future__ import annotations

import pytest

from rollway.cli import collection
from rollway.errors import RollwayError
from rollway.rollout.numbers import whole_number


def _number(text: str) -> int:
    return whole_number(text, "--x", bounds=range(1, 101), what="seconds, ", example="--x=5")


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("007", 7), ("100", 100)])
def test_a_number(text: str, number: int) -> None:
    assert _number(text) == number


ODD = ["0", "101", "-1", "+1", "1_0", "\u0663", " 5 ", "5\n", "1e1", "1.0", "0x1", "abc", "²"]


@pytest.mark.parametrize("text", ODD, ids=repr)
def test_what_int_would_take_is_not_all_taken(text: str) -> None:
    with pytest.raises(RollwayError) as caught:
        _number(text)
    assert str(caught.value) == f"--x: found {text!r}; accepted: seconds, 1 to 100; next: --x=5"


def test_nothing_and_too_much() -> None:
    with pytest.raises(RollwayError, match="--x: no number was given; "):
        _number("")
    with pytest.raises(RollwayError, match=r"--x: found '9{40}…'; "):
        _number("9" * 5000)


@pytest.mark.parametrize("verb", sorted(collection().task_names))
def test_no_option_is_a_number_to_invoke_which_would_end_in_a_traceback(verb: str) -> None:
    arguments = collection()[verb].get_arguments()
    assert [one.name for one in arguments if one.kind is int] == []
