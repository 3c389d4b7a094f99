"""Names with a path, a command, a template or an option in them, by the command line itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from invoke import Context, Exit

from rollway import exits
from rollway.cli import options
from rollway.cli.deploy import deploy
from rollway.errors import RollwayError

ROOT = Path(__file__).resolve().parents[3]
VERSION = "1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit, no '..'"
SHORT = "1 to 40 of a-z 0-9 _ -, the first a letter or digit"
ODD = ["a/b", "..", "../x", "a b", "a;b", "$(id)", "{{ 7*7 }}", "-a", "a\n", "\n", "a" * 65]


@pytest.mark.parametrize("name", ODD, ids=repr)
def test_a_version_is_a_tag(name: str) -> None:
    with pytest.raises(RollwayError) as caught:
        options.version(name)
    assert str(caught.value) == f"version: found {name!r}; accepted: {VERSION}"


@pytest.mark.parametrize("name", ODD, ids=repr)
def test_an_application_is_a_folder_s_name(name: str) -> None:
    with pytest.raises(RollwayError) as caught:
        options.application(name)
    assert str(caught.value) == f"app: found {name!r}; accepted: {SHORT}"


COMMANDS = [
    (
        "a version to go back to",
        ["rollback", "--env=staging", "--app=iris", "--to=../x"],
        f"--to: found '../x'; accepted: {VERSION}",
    ),
    (
        "a version with a command",
        ["deploy", "--env=staging", "--app=iris", "--version=$(id)"],
        f"version: found '$(id)'; accepted: {VERSION}",
    ),
    (
        "a service with a path",
        ["scale", "--env=staging", "--app=iris", "--service=../x", "--replicas=2"],
        f"service: found '../x'; accepted: {SHORT}",
    ),
    (
        "a number of replicas that is none",
        ["scale", "--env=staging", "--app=iris", "--service=api", "--replicas=$(id)"],
        "--replicas: found '$(id)'; accepted: 1 to 100 on each app host",
    ),
    (
        "a wait that is no number",
        ["deploy", "--env=staging", "--app=iris", "--version=1", "--wait-lock=abc"],
        "--wait-lock: found 'abc'; accepted: seconds, 0 to 86400; next: --wait-lock=600",
    ),
    (
        "no number of releases",
        ["prune", "--env=staging", "--app=iris", "--keep="],
        "--keep: no number was given; accepted: releases, 1 to 1000; next: --keep=5",
    ),
    (
        "a number of runs that is none",
        ["history", "--env=staging", "--app=iris", "--count=1e9"],
        "--count: found '1e9'; accepted: 1 to 1000000; next: --count=20",
    ),
    (
        "a project with a path",
        ["adopt", "--env=staging", "--app=iris", "--version=1", "--project=../x"],
        ("--project: found '../x'; accepted: 1 to 63 of a-z 0-9 _ -, the first a letter or digit"),
    ),
    (
        "an application with a template",
        ["deploy", "--env=staging", "--app={{ 7*7 }}", "--version=1"],
        f"app: found '{{{{ 7*7 }}}}'; accepted: {SHORT}",
    ),
    (
        "an application that nobody wrote",
        ["deploy", "--env=staging", "--app=rose", "--version=1"],
        (
            "apps/rose: there is no such application; accepted: iris; "
            "next: write apps/rose/compose.yml"
        ),
    ),
]


def test_a_saved_plan_that_is_a_link_to_itself_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan").symlink_to("plan")
    with pytest.raises(Exit) as ended:
        deploy.body(Context(), plan=str(tmp_path / "plan"))
    assert ended.value.code == exits.USAGE
    said = f"--plan={tmp_path}/plan: Too many levels of symbolic links; accepted: a file"
    assert capsys.readouterr().err.startswith(said)


@pytest.mark.parametrize(
    ("words", "message"), [case[1:] for case in COMMANDS], ids=[case[0] for case in COMMANDS]
)
def test_the_command_says_it_and_runs_nothing(words: list[str], message: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "invoke", f"--search-root={ROOT}", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (exits.USAGE, "")
    assert message in ran.stderr
