from __future__ import annotations

import pytest

from rollway.config.interpolate import UnsetVariableError, escape, interpolate, names_in

VARIABLES = {"A": "a", "EMPTY": "", "B": "b", "DOLLAR": "$A"}

GOOD = [
    ("text without variables", "plain", "plain"),
    ("two dollars are one", "$$A", "$A"),
    ("a variable by its name", "$A-$B", "a-b"),
    ("a variable in braces", "${A}${B}", "ab"),
    ("a value is not read again", "$DOLLAR", "$A"),
    (":- replaces an empty value", "${EMPTY:-x}", "x"),
    ("- keeps an empty value", "${EMPTY-x}", ""),
    (":- replaces what is not set", "${NO:-x}", "x"),
    ("- replaces what is not set", "${NO-x}", "x"),
    (":- keeps what is set", "${A:-x}", "a"),
    ("a default may be empty", "[${NO:-}]", "[]"),
    (":+ replaces what is set", "${A:+x}", "x"),
    (":+ is nothing for an empty value", "${EMPTY:+x}", ""),
    ("+ counts an empty value as set", "${EMPTY+x}", "x"),
    ("+ is nothing for what is not set", "${NO+x}", ""),
    (":? is the value when it is set", "${A:?no}", "a"),
    ("? lets an empty value pass", "${EMPTY?no}", ""),
    ("defaults nest", "${NO:-${ALSO_NO:-${A}}}", "a"),
    ("a default with a literal dollar", "${NO:-$$x}", "$x"),
    ("a default with a colon and a dash", "${NO:-a:-b}", "a:-b"),
    ("dollars of a password", "P@$$$$w0rd", "P@$$w0rd"),
]


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in GOOD], ids=[case[0] for case in GOOD]
)
def test_interpolation(text: str, expected: str) -> None:
    assert interpolate(text, VARIABLES) == expected


BAD = [
    ("a variable that is not set", "x $NO", "the variable NO is not set"),
    ("in braces too", "${NO}", "the variable NO is not set"),
    ("with a message of the author", "${NO:?set it}", "the variable NO is not set: set it"),
    ("? and no message", "${NO?}", "the variable NO is not set"),
    (":? and an empty value", "${EMPTY:?no}", "the variable EMPTY is not set: no"),
    ("a lone dollar", "50$", "a lone $ in '50$'; write $$ for a dollar sign"),
    ("a brace that is not closed", "${A", "a ${ without } in '${A'"),
    ("no name", "${}", "${} names no variable"),
    ("an operator of a shell", "${A%x}", "${A%x} is no interpolation of Compose"),
]


@pytest.mark.parametrize(
    ("text", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared whole
        interpolate(text, VARIABLES)
    assert str(caught.value) == message


def test_a_variable_that_is_not_set_is_an_error_of_its_own() -> None:
    with pytest.raises(UnsetVariableError):
        interpolate("$NO", {})


@pytest.mark.parametrize("text", ["$", "$$", "${HOME}", "$HOME", "a$$b$", "#'\"\n\\", "ü€"])
def test_what_is_escaped_comes_back(text: str) -> None:
    assert interpolate(escape(text), {}) == text


def test_names_in_a_text() -> None:
    assert names_in("${A:-${B}}/$C:$$D") == {"A", "B", "C"}
