"""Names and paths that lead out of their folder are refused before any host is asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import GOOD, environment
from tests.integration.lab_fleet import Lab

pytestmark = pytest.mark.fault

BEFORE = "    restart: unless-stopped\n"
LEADS_OUT = [
    pytest.param("volumes: [../../etc:/data:ro]", id="a mount above the application"),
    pytest.param("volumes: [./linked:/data:ro]", id="a mount of a link"),
    pytest.param("volumes: [./linked/passwd:/data:ro]", id="a mount below a link"),
    pytest.param("env_file: ../../../../etc/hostname", id="an env file"),
    pytest.param("env_file: /etc/hostname", id="an absolute env file"),
]


def _adding(line: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert text.count(BEFORE) == 1
        return text.replace(BEFORE, f"    {line}\n{BEFORE}")

    return change


@pytest.mark.parametrize("line", LEADS_OUT)
def test_a_path_that_leads_out_of_the_application_is_refused(built: Lab, line: str) -> None:
    with changed_demo(_adding(line)) as apps:
        Path(apps, "iris", "linked").symlink_to("/etc")
        with environment(built, "row29", apps_dir=apps) as env:
            ran = env.invoke("deploy", f"--version={GOOD[0]}")
    assert ran.returncode == exits.USAGE, ran.stderr
    assert "leads out of the application's folder" in ran.stderr


NAMES = [
    pytest.param("deploy", "--version", "../../etc/passwd", id="a version"),
    pytest.param("deploy", "--version", "/etc/passwd", id="an absolute version"),
    pytest.param("rollback", "--to", "1-../../etc", id="a release"),
    pytest.param("lock.release", "--run", "../../etc", id="a run"),
    pytest.param("logs", "--service", "../../etc", id="a service"),
]


@pytest.mark.parametrize(("verb", "option", "value"), NAMES)
def test_a_name_with_a_path_in_it_is_wrong_use(
    built: Lab, verb: str, option: str, value: str
) -> None:
    ran = built.invoke(verb, f"{option}={value}")
    assert ran.returncode == exits.USAGE, ran.stderr
