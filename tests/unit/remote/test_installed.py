"""Module calls by the package that a host has installed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.module_utils.rollway.host_step import is_this_package

from rollway.remote.installed import COMMAND, PACKAGE, call_text, command, digest, result_of


def answer(rc: int = 0, stdout: str = "", stderr: str = "") -> dict[str, Any]:
    return {"rc": rc, "stdout": stdout, "stderr": stderr}


def test_both_sides_call_the_same_package_by_the_same_digest() -> None:
    assert is_this_package(digest(PACKAGE))
    assert not is_this_package("0" * 64)
    assert command() == f"{COMMAND} step --package {digest(PACKAGE)}"


@pytest.mark.parametrize(
    "rc", [2, 75, 126, 127], ids=["too old", "another package", "not executable", "not there"]
)
def test_without_this_package_ansible_calls_the_module(rc: int) -> None:
    assert result_of(answer(rc, stderr="whatever")) is None


def test_the_result_is_the_last_line_whatever_a_login_shell_prints() -> None:
    assert result_of(answer(stdout='Welcome {to}\n{"ok": true}\n')) == {"ok": True}


@pytest.mark.parametrize("rc", [0, 1, 137])
def test_a_call_that_breaks_fails_with_what_it_said(rc: int) -> None:
    result = result_of(answer(rc, stdout="", stderr="Traceback\nKeyError: 'x'"))
    assert result is not None
    assert result["failed"]
    assert result["msg"] == f"{COMMAND} step: exit {rc}: Traceback\nKeyError: 'x'"


def test_a_call_says_what_ansible_would_say() -> None:
    text = call_text("compose_release", {"step": "start"}, check=True, diff=False)
    assert json.loads(text) == {
        "module": "compose_release",
        "arguments": {"step": "start"},
        "check": True,
        "diff": False,
    }
