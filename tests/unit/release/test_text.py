from __future__ import annotations

import pytest
import yaml

from rollway.config.interpolate import interpolate
from rollway.config.slot_variables import variable
from rollway.release.text import compose_text

HARD = ["$", "$$", "${HOME}", "$HOME", "#", "'", '"', "\n", "\\", "a\\nb", " x ", "ü€😀", "\t"]
HARD += ["P@$$w0rd#'\"\n${HOME}", "", "no", "0o14", "1e3", "22:22", "2024-01-01", "~", "<<", "!x"]
HARD += ["{{ 7*7 }}", "- a", "key: value", "*alias", "&anchor", "%", "x" * 500]


@pytest.mark.parametrize("value", HARD, ids=repr)
def test_a_value_is_read_back_as_it_was(value: str) -> None:
    content = yaml.safe_load(compose_text({"environment": {"KEY": value}}))
    assert interpolate(content["environment"]["KEY"], {"HOME": "/root"}) == value


def test_a_variable_of_the_slot_is_left_to_compose() -> None:
    text = compose_text({"a": f"$x {variable('ROLLWAY_SLOT')} y"})
    assert text == 'a: "$$x ${ROLLWAY_SLOT} y"\n'


def test_keys_are_sorted_and_not_escaped() -> None:
    assert compose_text({"b": 1, "a$": [True, None, 1.5]}) == "a$:\n- true\n- null\n- 1.5\nb: 1\n"


def test_what_stands_twice_is_written_twice() -> None:
    shared = {"a": "b"}
    assert compose_text({"x": shared, "y": shared}) == 'x:\n  a: "b"\ny:\n  a: "b"\n'
