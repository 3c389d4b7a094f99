from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from invoke import Context, Exit

from rollway import exits
from rollway.cli import sessions, shell
from rollway.cli.execute import exec_command
from rollway.cli.logs import logs_command
from rollway.errors import RollwayError


def test_what_was_typed_behind_the_dashes_is_the_command() -> None:
    words = ["exec", "--service=api", "--", "sh", "-c", "echo $HOME -- x"]
    assert sessions.command_words(words) == ["sh", "-c", "echo $HOME -- x"]


@pytest.mark.parametrize("words", [["exec"], ["exec", "--"]])
def test_a_command_is_needed(words: list[str]) -> None:
    with pytest.raises(RollwayError, match="exec: no command was given"):
        sessions.command_words(words)


ODD: list[Any] = [
    pytest.param(sessions.since, "--help", id="an option for a time"),
    pytest.param(sessions.since, "10m; id", id="a command in a time"),
    pytest.param(sessions.tail, "-1", id="less than nothing"),
    pytest.param(sessions.tail, "", id="no number"),
    pytest.param(sessions.tail, "٣", id="digits that are not ours"),
    pytest.param(sessions.slot, "red", id="no slot"),
    pytest.param(sessions.service, "$(id)", id="a command in a service"),
    pytest.param(sessions.service, "--privileged", id="an option for a service"),
]


@pytest.mark.parametrize(("check", "value"), ODD)
def test_odd_values_are_refused(check: Callable[[str], str], value: str) -> None:
    with pytest.raises(RollwayError):
        check(value)


@pytest.mark.parametrize("value", ["10m", "1h30m", "2026-01-31T12:00:00+01:00", "1700000000.5"])
def test_times_as_docker_reads_them(value: str) -> None:
    assert sessions.since(value) == value


def test_docker_s_commands_keep_names_and_words_behind_the_dashes() -> None:
    assert logs_command(since="10m", tail="all", follow=True) == [
        *("docker", "logs", "--tail=all", "--since=10m", "--follow", "--"),
    ]
    assert exec_command("iris-blue-api-1-1", ["--x"], flags=["--interactive"]) == [
        *("docker", "exec", "--interactive", "--", "iris-blue-api-1-1", "--x"),
    ]


def test_a_shell_needs_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sessions, "has_terminal", lambda: False)
    with pytest.raises(Exit) as ended:
        shell.shell.body(Context(), env="staging")
    assert ended.value.code == exits.USAGE
    assert capsys.readouterr().err == (
        "shell: there is no terminal here; accepted: a terminal on stdin and stdout; "
        "next: ./invoke exec --env=NAME --service=NAME -- COMMAND\n"
    )
