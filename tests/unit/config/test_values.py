from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.parsing import convert_bool

from rollway.config.values import FALSE, TRUE, texts, truth
from rollway.errors import RollwayError


def test_truths_are_ansible_s() -> None:
    said = {str(one).lower() for one in convert_bool.BOOLEANS_TRUE}
    denied = {str(one).lower() for one in convert_bool.BOOLEANS_FALSE}
    assert said <= TRUE
    assert denied <= FALSE
    assert all(convert_bool.boolean(one, strict=True) for one in TRUE - {"1.0"})
    assert not any(convert_bool.boolean(one, strict=True) for one in FALSE - {"0.0"})


@pytest.mark.parametrize("value", [True, "on", "Yes", "y", " true ", 1, 1.0])
def test_yes(value: Any) -> None:
    assert truth("rollway_confirm", value)


@pytest.mark.parametrize("value", [False, "off", "No", "n", 0])
def test_no(value: Any) -> None:
    assert not truth("rollway_confirm", value)


REFUSED = [
    pytest.param("maybe", "found 'maybe'", id="a word"),
    pytest.param("", "it has no value", id="nothing"),
    pytest.param(None, "it has no value", id="a name without a value"),
    pytest.param(2, "found 2", id="a number"),
    pytest.param([True], "found [True]", id="a list"),
]


@pytest.mark.parametrize(("value", "found"), REFUSED)
def test_what_is_no_truth_is_refused_by_name(value: Any, found: str) -> None:
    with pytest.raises(RollwayError) as caught:
        truth("rollway_confirm", value)
    assert str(caught.value) == (
        f"rollway_confirm: {found}; accepted: true or false; "
        "next: edit group_vars/all.yml of the inventory, or what -e gives"
    )
    assert caught.value.exit_code == 1


TEXTS = [
    pytest.param(True, "true", id="a truth"),
    pytest.param(False, "false", id="the other one"),
    pytest.param(3, "3", id="a number"),
    pytest.param(0.5, "0.5", id="a fraction"),
    pytest.param("1.10", "1.10", id="a number in quotes"),
    pytest.param("", "", id="an empty text"),
]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_values_reach_containers_as_they_were_written(value: Any, text: str) -> None:
    assert texts("rollway_variables", {"NAME": value}) == {"NAME": text}


def test_a_heading_with_nothing_below_it_is_no_variable() -> None:
    assert texts("rollway_variables", None) == {}


NO_TEXTS = [
    pytest.param({"NAME": None}, "rollway_variables/NAME: it has no value", id="no value"),
    pytest.param({"NAME": [1]}, "rollway_variables/NAME: found a list or a mapping", id="a list"),
    pytest.param({"NAME": {}}, "rollway_variables/NAME: found a list or a mapping", id="a mapping"),
    pytest.param({True: "x"}, "rollway_variables: the name True is no text", id="on:"),
    pytest.param([], "rollway_variables: it is no mapping", id="a list"),
    pytest.param("x", "rollway_variables: it is no mapping", id="a text"),
]


@pytest.mark.parametrize(("told", "said"), NO_TEXTS)
def test_what_is_no_text_is_refused_by_name(told: Any, said: str) -> None:
    with pytest.raises(RollwayError) as caught:
        texts("rollway_variables", told)
    assert str(caught.value).startswith(said)
    assert caught.value.exit_code == 1
