from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import command, compose


def test_up_names_the_project_its_file_and_its_services_after_two_dashes() -> None:
    project = compose.Project("iris-blue", Path("/r/1-a/compose.yml"), Path("/s/blue.env"))
    assert compose.up_arguments(project, ["api-1"], pull="never") == [
        *("--ansi", "never", "--progress", "quiet", "--project-name", "iris-blue"),
        *("--project-directory", "/r/1-a", "--env-file", "/s/blue.env"),
        *("--file", "/r/1-a/compose.yml", "up", "--detach", "--no-build"),
        *("--pull", "never", "--no-deps", "--", "api-1"),
    ]


def test_the_networks_of_a_project_are_found_among_its_top_level_keys() -> None:
    services = "services:\n  a:\n    networks:\n      x: null\n"
    text = f"{services}networks:\n  x:\n    internal: true\nvolumes: {{}}\n"
    assert compose.networks_part(text) == "networks:\n  x:\n    internal: true"
    assert compose.networks_part("services: {}\n") == ""


VERSIONS: list[Any] = [
    pytest.param("2.26.1-4", (2, 26, 1), id="Debian's"),
    pytest.param("v2.24.4", (2, 24, 4), id="Docker's"),
    pytest.param("5.5.0-rc.1", (5, 5, 0), id="a candidate"),
    pytest.param("25.0", (25, 0), id="two numbers"),
    pytest.param("dev", (), id="none"),
]


@pytest.mark.parametrize(("text", "numbers"), VERSIONS)
def test_versions_compare_by_their_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert compose.version_numbers(text) == numbers


def test_a_program_sees_only_the_environment_it_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://elsewhere")
    monkeypatch.setenv("COMPOSE_FILE", "other.yml")
    done = command.run(["env"], seconds=5, env=compose.ENVIRONMENT)
    values = dict(line.split("=", 1) for line in done.output.splitlines())
    assert values["DOCKER_HOST"] == "unix:///var/run/docker.sock"
    assert set(values) <= {*compose.ENVIRONMENT, "PATH", "LC_ALL", "PWD", "SHLVL", "_"}


def test_a_program_that_is_missing_ends_with_127() -> None:
    done = command.run(["rollway-no-such-program"], seconds=5)
    assert (done.status, done.errors) == (127, "rollway-no-such-program: No such file or directory")


def test_a_program_that_takes_too_long_is_killed() -> None:
    assert command.run(["sleep", "30"], seconds=0.05).status is None


def test_last_words_are_the_end_of_what_went_wrong_in_one_line() -> None:
    done = command.Finished(1, "", "one\n two\n\nthree\n")
    assert done.last_words(2) == "three"
    assert done.last_words(4) == "one | two | three"
