from __future__ import annotations

import pytest
from invoke import Collection, Context, task

from rollway.cli.words import check_words
from rollway.errors import RollwayError


@task(auto_shortflags=False)
def deploy(
    _context: Context, env: str = "", version: str = "", limit: str = "", check: bool = False
) -> None:
    """Release."""


@task(auto_shortflags=False)
def up(_context: Context, hosts: str = "") -> None:
    """Make a lab."""


@task(auto_shortflags=False)
def maintenance(_context: Context, switch: str, env: str = "") -> None:
    """A word of its own."""


@task(name="exec", auto_shortflags=False)
def run_command(_context: Context, env: str = "") -> None:
    """Take words."""


def _collection() -> Collection:
    root = Collection(deploy, maintenance, run_command)
    root.add_collection(Collection("lab", up))
    return root


GOOD = [
    pytest.param([], id="nothing"),
    pytest.param(["--list"], id="an option of Invoke alone"),
    pytest.param(["deploy"], id="a verb"),
    pytest.param(["deploy", "--env=local", "--check"], id="a verb with its options"),
    pytest.param(
        ["deploy", "--env", "local", "--version", "v1"], id="values as words of their own"
    ),
    pytest.param(["deploy", "--env", "nowhere-verb"], id="a value that is no verb"),
    pytest.param(["lab.up", "--hosts=6", "deploy"], id="two verbs"),
    pytest.param(["maintenance", "on", "--env=x", "deploy"], id="a word that a verb asks for"),
    pytest.param(["maintenance", "--env", "x", "off"], id="such a word behind an option"),
    pytest.param(["--echo", "-fR", "deploy"], id="options of Invoke before the verb"),
    pytest.param(["--search-root", "x", "deploy"], id="an option of Invoke with a value"),
    pytest.param(["deploy", "--help"], id="help of a verb"),
    pytest.param(["--complete", "--", "deploy", "--e"], id="the shell's completion"),
    pytest.param(["exec", "--env=x", "--", "--anything"], id="what stands behind two hyphens"),
    pytest.param(["deploy", "--"], id="nothing behind two hyphens"),
]


@pytest.mark.parametrize("words", GOOD)
def test_lets_pass(words: list[str]) -> None:
    check_words(words, _collection())


VERBS = "deploy, maintenance, exec, lab.up"
OPTIONS = "--check, --env, --limit, --version"
DRY = (
    "Invoke would run the verb for real; accepted: --check behind a verb that has it; "
    "next: ./invoke deploy --env=NAME --check"
)
BAD = [
    *(
        pytest.param([word, "deploy"], f"{word}: {DRY}", id=f"{word} before the verb")
        for word in ("--dry", "-R", "-eR", "--dry=true")
    ),
    pytest.param(
        ["deploy", "--limit=", "--env=x"],
        "deploy --limit: it has no value: is a variable of the shell not set?; "
        "accepted: a value, or no such option; next: ./invoke deploy --help",
        id="a limit that is not one",
    ),
    pytest.param(
        ["deploy", "--limit", ""],
        "deploy --limit: it has no value: is a variable of the shell not set?; "
        "accepted: a value, or no such option; next: ./invoke deploy --help",
        id="a limit that is an empty word",
    ),
    pytest.param(
        ["deploy", "--env=x", "--", "--check"],
        "deploy -- --check: this verb reads nothing behind two hyphens; "
        "accepted: options before them; next: ./invoke deploy --help",
        id="an option behind two hyphens",
    ),
    pytest.param(
        ["deploy", "--dry"],
        "deploy --dry: there is no such option of this verb; "
        f"accepted: {OPTIONS}; next: ./invoke deploy --help",
        id="an option of Invoke behind a verb",
    ),
    pytest.param(
        ["lab.up", "--version=1"],
        "lab.up --version: there is no such option of this verb; "
        "accepted: --hosts; next: ./invoke lab.up --help",
        id="Invoke's --version behind a verb without one",
    ),
    pytest.param(
        ["deploy", "-e"],
        "deploy -e: there is no such option of this verb; "
        f"accepted: {OPTIONS}; next: ./invoke deploy --help",
        id="a short option",
    ),
    pytest.param(
        ["lab.up", "--hosts", "3", "--echo"],
        "lab.up --echo: there is no such option of this verb; "
        "accepted: --hosts; next: ./invoke lab.up --help",
        id="an option of Invoke behind a value",
    ),
    pytest.param(
        ["deplyo"],
        "deplyo: there is no such verb; accepted: deploy; next: ./invoke --list",
        id="a verb with a typo",
    ),
    pytest.param(
        ["zzz"],
        f"zzz: there is no such verb; accepted: {VERBS}; next: ./invoke --list",
        id="a verb like no other",
    ),
    pytest.param(
        ["maintenance", "on", "off"],
        f"off: there is no such verb; accepted: {VERBS}; next: ./invoke --list",
        id="one word too many",
    ),
    pytest.param(
        ["deploy", "local"],
        f"local: there is no such verb; accepted: {VERBS}; next: ./invoke --list",
        id="a value without its option",
    ),
]


@pytest.mark.parametrize(("words", "text"), BAD)
def test_refuses(words: list[str], text: str) -> None:
    with pytest.raises(RollwayError) as caught:
        check_words(words, _collection())
    assert str(caught.value) == text
    assert caught.value.exit_code == 1
