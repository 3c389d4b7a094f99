from __future__ import annotations

import pytest
from invoke import Collection, Context, Exit, Program

from rollway import exits
from rollway.cli.verb import run_verb, verb
from rollway.cli.words import check_words
from rollway.errors import RollwayError


def _refuse() -> int:
    raise RollwayError("edge-1", "cannot be reached", exit_code=exits.REFUSED)


def _interrupt() -> int:
    raise KeyboardInterrupt


def _break() -> int:
    raise ZeroDivisionError("a bug")


def _nothing() -> None:
    return None


CASES = [
    pytest.param(_nothing, 0, "", id="a verb that returns nothing is done"),
    pytest.param(lambda: exits.HELD, 5, "", id="a verb's own code is kept"),
    pytest.param(
        _refuse, 6, "edge-1: cannot be reached\n", id="an error is a sentence and its code"
    ),
    pytest.param(_interrupt, 130, "interrupted\n", id="Ctrl-C is 130"),
]


@pytest.mark.parametrize(("function", "code", "said"), CASES)
def test_ends(function: object, code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(function)
    assert run_verb(function) == code
    assert capsys.readouterr() == ("", said)


def test_a_bug_is_shown_in_full_with_the_next_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verb(_break) == exits.UNEXPECTED
    out, err = capsys.readouterr()
    assert out == ""
    assert "ZeroDivisionError: a bug" in err
    assert err.endswith(
        "unexpected error; next: ./invoke status --env=NAME shows what was reached\n"
    )


def test_a_verb_leaves_with_its_code_and_hands_over_its_options() -> None:
    seen: list[str] = []

    @verb(help={"env": "Environment"})
    def held(_context: object, env: str = "") -> int:
        """Wait."""
        seen.append(env)
        return exits.HELD

    with pytest.raises(Exit) as caught:
        held(Context(), env="local")
    assert (caught.value.code, seen) == (exits.HELD, ["local"])
    assert [argument.names for argument in held.get_arguments()] == [("env",)]


def _spoken(*words: str) -> list[bool]:
    """What a verb with `verbose` takes from a command line."""
    seen: list[bool] = []

    @verb(help={"verbose": "Say more", "env": "Environment"})
    def speak(_context: object, env: str = "", verbose: bool = False) -> None:  # noqa: ARG001
        """Speak."""
        seen.append(verbose)

    collection = Collection(speak)
    check_words(words, collection)
    Program(namespace=collection).run(["invoke", *words], exit=False)
    return seen


@pytest.mark.parametrize(
    ("words", "verbose"),
    [(["speak"], False), (["speak", "--verbose"], True), (["speak", "-v"], True)],
)
def test_verbose_has_a_short_form(words: list[str], verbose: bool) -> None:
    assert _spoken(*words) == [verbose]


def test_the_help_of_an_option_is_there_each_time() -> None:
    @verb(help={"env": "Environment"})
    def speak(_context: object, env: str = "") -> None:
        """Speak."""

    assert [speak.get_arguments()[0].help for _ in range(2)] == ["Environment"] * 2


@pytest.mark.parametrize("short", ["-e", "-ve", "-V", "-vv"])
def test_no_other_option_has_one(short: str) -> None:
    with pytest.raises(RollwayError):
        _spoken("speak", short)
