"""No task fails unseen: what a plan makes of hosts that stop first, run for real."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rollway import exits
from tests.failures import Failure, Failures, run_noted
from tests.unit.playbooks.agreeing import deploy

REPORT = "run : Report the run"
# Ignored in a loop, ignored on a host that is lost, and ignored alone.
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  ignore_errors: true
  ignore_unreachable: true
  tasks:
    - name: Turn
      ansible.builtin.fail: {msg: "not {{ item }}"}
      loop: [one, two]
      when: item == 'two'
    - name: Leave
      ansible.builtin.ping:
      delegate_to: nowhere.invalid
      vars: {ansible_connection: ssh}
    - name: See
      ansible.builtin.fail: {msg: enough}
"""


def test_hosts_that_stop_first_fail_no_task(tmp_path: Path) -> None:
    ran = deploy(tmp_path, rollout={"order": "stop-first"})
    assert ran.result["exit"] == exits.DONE, ran.result
    assert {"drain", "start", "shift"} <= ran.steps
    assert ran.failures == []


def test_their_way_back_fails_no_task_but_the_report(tmp_path: Path) -> None:
    """What fails on a host is data."""
    ran = deploy(tmp_path, fails=("app-2", "start"), rollout={"order": "stop-first"})
    assert ran.result["exit"] == exits.FAILED, ran.result
    assert {"drain", "start", "shift", "retreat", "undo", "unshift"} <= ran.steps
    assert [one.task for one in ran.failures] == [REPORT]


def test_what_ansible_ignores_fails_a_command_that_ended_well(tmp_path: Path) -> None:
    path = tmp_path / "play.yml"
    path.write_text(PLAYBOOK)
    with pytest.raises(AssertionError, match="it ended well, and these failed") as refused:
        run_noted(["ansible-playbook", str(path)])
    for text in ("not two", "nowhere.invalid", "enough"):
        assert text in str(refused.value)


def test_a_command_that_failed_has_said_so(tmp_path: Path) -> None:
    failures = Failures(tmp_path / "failures")
    failures.check(exits.DONE)
    failure = Failure("Turn", "localhost", "failed", "no")
    failures.path.write_text(json.dumps(vars(failure)))
    failures.check(exits.FAILED)
    with pytest.raises(AssertionError, match="Turn"):
        failures.check(exits.DONE)
