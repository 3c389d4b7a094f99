"""What a run shows: a table in a terminal, lines elsewhere, events for programs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from rollway import exits
from tests.integration.fault_fleet import GOOD, build
from tests.integration.lab_fleet import ROOT, Lab
from tests.integration.terminal import Shown, run_in_terminal

pytestmark = pytest.mark.lab

VERSIONS = GOOD[:2]
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
KEYS = {"time", "event", "step", "host", "wave", "ok", "seconds", "said", "problem"}
LONGEST_LOCK_SECONDS = 600.0

Ran = TypeVar("Ran")


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Lab:
    """The lab with two versions built."""
    for version in VERSIONS:
        build(lab, version)
    return lab


def _other(lab: Lab) -> str:
    """The version that does not serve: its deploy has something to do."""
    serving = {host["version"] for host in lab.status()["hosts"]}
    return next((version for version in VERSIONS if version not in serving), VERSIONS[0])


def _unlocked(run: Callable[[], Ran], code_of: Callable[[Ran], int]) -> Ran:
    """Others may deploy to a lab that is shared: a lock is waited for."""
    end = time.monotonic() + LONGEST_LOCK_SECONDS
    while code_of(ran := run()) == exits.LOCKED:
        assert time.monotonic() < end, "the lab stays locked"
        time.sleep(3)
    return ran


def _deploy(lab: Lab, *options: str) -> subprocess.CompletedProcess[str]:
    return _unlocked(
        lambda: lab.invoke("deploy", f"--version={_other(lab)}", *options),
        lambda ran: ran.returncode,
    )


def _show(lab: Lab, *options: str, **known: Any) -> Shown:
    def run() -> Shown:
        words = ["deploy", f"--env={lab.env}", f"--version={_other(lab)}", *options]
        return run_in_terminal([str(ROOT / "invoke"), *words], **known)

    return _unlocked(run, lambda shown: shown.code)


def _plain(text: str) -> str:
    return ESCAPES.sub("", text).replace("\r", "")


def _last_table(lab: Lab, text: str) -> dict[str, str]:
    """Host → its row as it was drawn last."""
    rows = [line for line in _plain(text).splitlines() if line.count("  ") > 2]
    return {name: row for row in rows for name in (*lab.hosts, "edge-1") if row.startswith(name)}


def test_a_terminal_gets_a_table_that_ends_with_every_host_serving(fleet: Lab) -> None:
    shown = _show(fleet)
    assert shown.code == exits.DONE, _plain(shown.text)
    table = _last_table(fleet, shown.text)
    assert set(table) == {*fleet.hosts, "edge-1"}
    assert [("serves" in table[name], "healthy" in table[name]) for name in fleet.hosts] == [
        (True, True)
    ] * len(fleet.hosts)
    plain = _plain(shown.text)
    assert re.search(r"deploy of \d+-v-\d, wave 3 of 3, \d+\.\d s", plain)
    assert "  next: ./invoke rollback" in plain.splitlines()[-1]
    assert shown.text.count(HIDE) == 1
    assert shown.text.rindex(SHOW) > shown.text.rindex(HIDE)


@pytest.mark.long
def test_ansible_alone_draws_the_same_table(fleet: Lab) -> None:
    variables = {"ANSIBLE_STDOUT_CALLBACK": "rollway", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    command = ["ansible-playbook", f"--inventory={fleet.inventory}", "playbooks/deploy.yml"]

    def run() -> Shown:
        words = [*command, f"--extra-vars=rollway_version={_other(fleet)}"]
        return run_in_terminal(words, variables=variables)

    shown = _unlocked(run, lambda one: exits.LOCKED if "locked" in one.text else one.code)
    assert shown.code == 0, _plain(shown.text)
    assert set(_last_table(fleet, shown.text)) == {*fleet.hosts, "edge-1"}
    assert shown.text.rindex(SHOW) > shown.text.rindex(HIDE)


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)]
)
def test_the_cursor_comes_back_after_an_interruption(fleet: Lab, number: signal.Signals) -> None:
    sent: set[int] = set()  # the deploys that have it: one that met a lock is begun again

    def interrupt(text: str, process: subprocess.Popen[bytes]) -> None:
        if HIDE in text and process.pid not in sent:
            sent.add(process.pid)
            process.send_signal(number)

    shown = _show(fleet, react=interrupt)
    assert shown.code == 128 + number
    assert shown.text.rindex(SHOW) > shown.text.rindex(HIDE)


def test_without_a_terminal_there_are_lines_and_no_escape_codes(fleet: Lab) -> None:
    ran = _deploy(fleet)
    assert ran.returncode == exits.DONE, ran.stderr
    assert "\x1b" not in ran.stdout + ran.stderr
    assert ran.stdout == ""
    assert re.search(r"^edge-1: wave 3 of 3: traffic of app-3 goes to", ran.stderr, re.MULTILINE)
    assert re.search(r"^  app-1\.\.app-3: \S+ → \d+-v-\d$", ran.stderr, re.MULTILINE)


def test_programs_get_an_event_per_line_and_the_result_last(fleet: Lab) -> None:
    ran = _deploy(fleet, "--output=json")
    assert ran.returncode == exits.DONE, ran.stderr
    *events, last = [json.loads(line) for line in ran.stdout.splitlines()]
    assert all(event.keys() >= KEYS for event in [*events, last])
    begun = [_key(event) for event in events if event["event"] == "started"]
    ended = [_key(event) for event in events if event["event"] == "ended"]
    assert sorted(begun) == sorted(ended)
    assert ("shift", "edge-1", "3") in ended
    assert (last["event"], last["ok"], last["exit"]) == ("result", True, 0)
    assert len(last["result"]["hosts"]) == len(fleet.hosts)


def _key(event: dict[str, Any]) -> tuple[str, str, str]:
    return event["step"], event["host"], str(event["wave"])


def test_a_refusal_is_an_event_with_its_problem(fleet: Lab) -> None:
    ran = fleet.invoke("deploy", "--version=9.9.9", "--output=json")
    last = json.loads(ran.stdout.splitlines()[-1])
    assert ran.returncode == last["exit"] == exits.REFUSED
    assert "is not in the registry" in last["problem"]["found"]
    assert "\x1b" not in ran.stderr


def test_an_output_that_there_is_not_changes_nothing(fleet: Lab) -> None:
    ran = fleet.invoke("deploy", "--version=v-1", "--output=table")
    assert ran.returncode == exits.USAGE
    assert ran.stderr.strip() == (
        "--output: found 'table'; accepted: live, plain, json; next: --output=plain"
    )
