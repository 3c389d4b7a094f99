"""What a person or a job types is a name or it is refused; no shell, YAML or template reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollway import exits
from tests.faults.fleet import Fleet
from tests.integration.fault_fleet import GOOD
from tests.integration.lab_fleet import Lab, invoke

pytestmark = pytest.mark.fault

MARK = "/tmp/rollway-injected"
HOSTILE = [
    "../1",
    ";$(touch /tmp/rollway-injected)",
    "{{ lookup('pipe', 'touch /tmp/rollway-injected') }}",
    "--privileged",
    "-rf",
    "a\nb: c",
    "1\u202e0",
    "1 2",
    "'1'",
    "1" * 200,
]
OPTIONS = [
    pytest.param("--app", "../iris", id="an application with a path"),
    pytest.param("--app", "iris;id", id="an application with a command"),
    pytest.param("--env", "../../etc", id="an environment with a path"),
    pytest.param("--env", "{{ 7 * 7 }}", id="an environment with a template"),
    pytest.param("--limit", "@/etc/passwd", id="a limit that is a file"),
    pytest.param("--limit", "{{ groups }}", id="a limit with a template"),
    pytest.param("--to", "$(id)", id="a release with a command"),
]
REASON = f"{{{{ lookup('pipe', 'touch {MARK}') }}}} $(touch {MARK}) `touch {MARK}` 'quoted\""


@pytest.fixture(autouse=True)
def no_mark() -> None:
    """Nothing of an earlier session may look like a break-in."""
    Path(MARK).unlink(missing_ok=True)


def _marked(fleet: Fleet) -> list[str]:
    """Where a command that was typed has run: this machine, or hosts."""
    look = ("sh", "-c", f"ls {MARK} 2>/dev/null || true")
    here = ["controller"] if Path(MARK).exists() else []
    return [*here, *(host for host in fleet.lab.hosts if fleet.lab.on(host, *look).strip())]


def test_a_version_that_is_no_name_is_wrong_use(fleet: Fleet) -> None:
    with fleet.unchanged():
        codes = {
            version: fleet.lab.invoke("deploy", f"--version={version}").returncode
            for version in HOSTILE
        }
    assert codes == dict.fromkeys(HOSTILE, exits.USAGE)
    assert _marked(fleet) == []


@pytest.mark.parametrize(("option", "value"), OPTIONS)
def test_no_other_option_takes_what_is_no_name(built: Lab, option: str, value: str) -> None:
    verb, told = ("rollback", []) if option == "--to" else ("deploy", [f"--version={GOOD[0]}"])
    env = [] if option == "--env" else [f"--env={built.env}"]
    ran = invoke(verb, *env, *told, f"{option}={value}")
    assert ran.returncode == exits.USAGE, ran.stderr


def test_ansible_alone_refuses_the_same(fleet: Fleet) -> None:
    with fleet.unchanged():
        told = json.dumps({"rollway_version": HOSTILE[1]})
        ran = fleet.lab.playbook("deploy", f"--extra-vars={told}")
    assert ran.returncode != 0
    assert "the first a letter or digit" in " ".join(ran.stdout.split())
    assert _marked(fleet) == []


@pytest.mark.long
def test_a_reason_is_only_ever_a_text(fleet: Fleet) -> None:
    """It is free text, and everybody who is refused reads it."""
    frozen = fleet.lab.invoke("lock.acquire", f"--reason={REASON}", "--json")
    assert frozen.returncode == exits.DONE, frozen.stderr
    run = json.loads(frozen.stdout)["run"]
    try:
        refused = fleet.deploy(fleet.other, code=exits.LOCKED)
    finally:
        released = fleet.lab.invoke("lock.release", f"--run={run}")
    assert released.returncode == exits.DONE, released.stderr
    assert REASON in refused["said"]
    assert _marked(fleet) == []
    fleet.serves(fleet.now)
