from __future__ import annotations

from pathlib import Path

import pytest

from rollway.cli import options
from rollway.errors import RollwayError


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two environments and one application."""
    for env in ("production", "staging"):
        (tmp_path / "inventories" / env).mkdir(parents=True)
    _add_app(tmp_path, "iris")
    monkeypatch.setattr(options, "INVENTORIES", tmp_path / "inventories")
    monkeypatch.setattr(options, "APPS", tmp_path / "apps")
    return tmp_path


def _add_app(root: Path, name: str) -> None:
    (root / "apps" / name).mkdir(parents=True)
    (root / "apps" / name / "compose.yml").touch()


def test_an_environment_that_is_there_is_taken() -> None:
    assert options.environment("staging") == "staging"


ENVIRONMENTS = [
    pytest.param(
        "",
        "--env: no environment was named; accepted: production, staging",
        id="no environment",
    ),
    pytest.param(
        "nowhere",
        "inventories/nowhere: there is no such environment; accepted: production, staging; "
        "next: write inventories/nowhere/hosts.yml",
        id="an environment that is not there",
    ),
    pytest.param(
        "local",
        "inventories/local: there is no such environment; accepted: production, staging; "
        "next: ./invoke lab.up --env=local",
        id="the embedded fleet before it stands",
    ),
    pytest.param(
        "../x",
        "env: found '../x'; accepted: 1 to 40 of a-z 0-9 _ -, the first a letter or digit",
        id="an environment that leaves its folder",
    ),
]


@pytest.mark.parametrize(("value", "text"), ENVIRONMENTS)
def test_refuses_an_environment(value: str, text: str) -> None:
    with pytest.raises(RollwayError) as caught:
        options.environment(value)
    assert str(caught.value) == text


def test_the_only_application_may_be_left_out() -> None:
    assert options.application("") == options.application("iris") == "iris"


def test_one_of_several_applications_must_be_named(tree: Path) -> None:
    _add_app(tree, "other")
    assert options.application("other") == "other"
    with pytest.raises(RollwayError) as caught:
        options.application("")
    assert str(caught.value) == (
        "--app: no application was named; accepted: iris, other; next: pass --app=NAME"
    )


def test_an_application_that_is_not_there_names_the_known_ones() -> None:
    with pytest.raises(RollwayError) as caught:
        options.application("rose")
    assert str(caught.value) == (
        "apps/rose: there is no such application; accepted: iris; next: write apps/rose/compose.yml"
    )


def test_a_version_is_checked_where_there_is_one() -> None:
    assert (options.version(""), options.version("v1.2")) == ("", "v1.2")
    with pytest.raises(RollwayError):
        options.version("a/b")


OUTPUTS = [
    pytest.param("", False, True, "live", id="a terminal gets a table"),
    pytest.param("", False, False, "plain", id="no terminal gets lines"),
    pytest.param("plain", False, True, "plain", id="lines on a terminal, when asked for"),
    pytest.param("live", False, False, "plain", id="no table without a terminal"),
    pytest.param("json", False, False, "json", id="events"),
    pytest.param("", True, True, "plain", id="Ansible's own output leaves no room for a table"),
]


@pytest.mark.parametrize(("value", "verbose", "is_terminal", "kind"), OUTPUTS)
def test_progress_is_shown(
    value: str, verbose: bool, is_terminal: bool, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    assert options.output(value, verbose=verbose) == kind


def test_a_terminal_that_cannot_move_the_cursor_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert options.output("") == "plain"


WRONG_OUTPUTS = [
    pytest.param(
        "wrong",
        False,
        "--output: found 'wrong'; accepted: live, plain, json; next: --output=plain",
        id="no such kind",
    ),
    pytest.param(
        "json",
        True,
        "--output: json does not go with --verbose; accepted: plain; "
        "next: leave one of the two out",
        id="events and Ansible's own output",
    ),
]


@pytest.mark.parametrize(("value", "verbose", "text"), WRONG_OUTPUTS)
def test_refuses_an_output(value: str, verbose: bool, text: str) -> None:
    with pytest.raises(RollwayError) as caught:
        options.output(value, verbose=verbose)
    assert str(caught.value) == text
    assert caught.value.exit_code == 1


def test_a_limit_is_read_strictly_and_handed_over_in_one_way() -> None:
    assert (options.limit(""), options.limit("app:&a:!app-1")) == ("", "app,&a,!app-1")
    for text in ("app[0", "app-1,", "app-1:&"):
        with pytest.raises(RollwayError, match="--limit: "):
            options.limit(text)
