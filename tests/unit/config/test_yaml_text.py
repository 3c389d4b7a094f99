from __future__ import annotations

import pytest

from rollway.config.yaml_text import parse_yaml

VALUES = [
    ("no is text, as in `restart: no`", "no", "no"),
    ("on and yes are text", "[on, yes]", ["on", "yes"]),
    ("two numbers with a colon are text", "22:22", "22:22"),
    ("a date is text", "2024-01-01", "2024-01-01"),
    ("true is true", "[true, True, TRUE]", [True, True, True]),
    ("an octal mode of either spelling", "[0400, 0o400]", [256, 256]),
    ("numbers", "[1, -1, 0x10, 1_000, 1.5, 1e3]", [1, -1, 16, 1000, 1.5, 1000.0]),
    ("nothing", "[~, null, '']", [None, None, ""]),
    (
        "more than 64 bits are text",
        "[18446744073709551616, -0xfffffffffffffffff]",
        ["18446744073709551616", "-0xfffffffffffffffff"],
    ),
    ("64 bits are a number", "18446744073709551615", 2**64 - 1),
    ("thousands of digits are text", "9" * 5000, "9" * 5000),
    ("tags that fit", "[!!int '1', !!bool 'true', !!float '1']", [1, True, 1.0]),
    ("a quoted number is text", "'8000'", "8000"),
]


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in VALUES], ids=[case[0] for case in VALUES]
)
def test_values_are_those_of_yaml_1_2(text: str, expected: object) -> None:
    assert parse_yaml(f"key: {text}") == {"key": expected}


def test_merged_keys_may_stand_twice() -> None:
    text = "root: &r {k: 0, j: 1}\nx: {y: &a {<<: *r, k: 1}}\nz: {<<: *a, k: 2}\n"
    content = parse_yaml(text)
    assert content["x"]["y"] == {"k": 1, "j": 1}
    assert content["z"] == {"k": 2, "j": 1}


BAD = [
    ("a key twice", "a:\n  b: 1\n  b: 2\n", "line 3: the key 'b' stands there twice"),
    ("a key that is a list", "? [1]\n: 2\n", "line 1: a key is not a text"),
    ("two documents", "a: 1\n---\nb: 2\n", "expected a single document"),
    ("no YAML", "a: [", "while parsing a flow node"),
    ("tags of Compose's merging", "a: !reset null", "could not determine a constructor"),
    ("tags of Python", "a: !!python/object/apply:os.system [id]", "could not determine"),
    ("a tag that does not fit", "b: 1\na: !!bool foo", "line 2: 'foo' is no bool"),
    ("a number that is none", "a: !!int foo", "line 1: 'foo' is no int"),
    ("a tag of no file", "a: !!timestamp x", "could not determine a constructor"),
    ("half a character as a key", '"\\ud800": 1', "line 1: the key '\\ud800' holds half"),
    ("a list in itself", "a: &a [*a]", "it unfolds to more than 50000 values or 60 levels"),
]


@pytest.mark.parametrize(
    ("text", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_is_wrong_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared
        parse_yaml(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_file_that_unfolds_without_end_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(ValueError, match="it unfolds to more than"):
        parse_yaml("\n".join(lines))
