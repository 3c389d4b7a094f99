from __future__ import annotations

import pytest

from rollway.build.dockerfile import check_known, chosen_args, declared_args, parse_args
from rollway.errors import RollwayError

DECLARED = [
    ("none", "FROM x\nRUN echo ARG A\n", set()),
    ("with and without a default", "ARG A\nFROM x\nARG B=1\n", {"A", "B"}),
    ("small letters and indented", "from x\n  arg A=${B}\n", {"A"}),
    ("several on a line", 'ARG A=1 B C="x y"\n', {"A", "B", "C", "y"}),
    ("over two lines", "ARG A \\\n    B=2\nRUN x\n", {"A", "B"}),
    ("in a comment", "# ARG A\n", set()),
]


@pytest.mark.parametrize(
    ("text", "names"), [case[1:] for case in DECLARED], ids=[case[0] for case in DECLARED]
)
def test_declared(text: str, names: set[str]) -> None:
    assert declared_args(text) == names


def test_parses() -> None:
    written = ["FAULT=never_ready", "EMPTY=", "_a1=b=c d"]
    assert parse_args(written) == {"FAULT": "never_ready", "EMPTY": "", "_a1": "b=c d"}


REFUSED = [
    ("no value", ["FAULT"], "--build-arg=FAULT: it is not NAME=value"),
    ("no name", ["=x"], "--build-arg==x: it is not NAME=value"),
    ("a name with a dash", ["A-B=x"], "--build-arg=A-B=x: it is not NAME=value"),
    ("a name with a line end", ["A\n=x"], "--build-arg=A\n=x: it is not NAME=value"),
    ("a name twice", ["A=1", "A=2"], "--build-arg=A=2: A is given twice"),
    ("a value of two lines", ["A=1\nRUN x"], "--build-arg=A: its value"),
    ("a value too long", ["A=" + "x" * 4097], "--build-arg=A: its value"),
]


@pytest.mark.parametrize(
    ("written", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_refuses(written: list[str], message: str) -> None:
    with pytest.raises(RollwayError) as refusal:
        parse_args(written)
    assert str(refusal.value).startswith(message)


def test_an_argument_that_nobody_declares_is_a_typo() -> None:
    declared = [frozenset({"FAULT"}), frozenset({"BASE"})]
    check_known({"BASE": "x", "HTTPS_PROXY": "http://proxy.example.com"}, declared)
    with pytest.raises(RollwayError) as refusal:
        check_known({"FALT": "slow"}, declared)
    assert str(refusal.value) == (
        "--build-arg=FALT: no Dockerfile declares it by ARG; accepted: BASE, FAULT"
    )


def test_a_dockerfile_gets_only_what_it_knows() -> None:
    args = {"FAULT": "slow", "OTHER": "x", "http_proxy": "y"}
    assert chosen_args(args, frozenset({"FAULT"})) == {"FAULT": "slow", "http_proxy": "y"}
