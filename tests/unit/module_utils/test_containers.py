from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.containers import (
    CHECK_CHARACTERS,
    LINE_CHARACTERS,
    Container,
    failure_reports,
)

from tests.unit.module_utils.fake_engine import FakeEngine


def _container(**health: Any) -> Container:
    return Container.from_inspect(
        {
            "Id": "1",
            "Name": "/iris-green-api-1-1",
            "RestartCount": 2,
            "State": {"Status": "running", "ExitCode": 0, "Pid": 7, "Health": health},
            "Config": {"Labels": {}},
            "HostConfig": {},
        }
    )


def _check(output: str, *, code: int = 1) -> dict[str, Any]:
    return {"ExitCode": code, "Output": output}


CHECKS = [
    pytest.param({}, [], id="no health check"),
    pytest.param({"Log": None}, [], id="a check that never ran"),
    pytest.param({"Log": [_check(" refused\n", code=7)]}, ["exit 7: refused"], id="one answer"),
    pytest.param(
        {"Log": [_check(str(number)) for number in range(5)]},
        ["exit 1: 2", "exit 1: 3", "exit 1: 4"],
        id="the last three of five",
    ),
    pytest.param(
        {"Log": [_check("a" * 1000 + "the error")]},
        ["exit 1: " + ("a" * 1000 + "the error")[-CHECK_CHARACTERS:]],
        id="the end of a long answer",
    ),
]


@pytest.mark.parametrize(("health", "log"), CHECKS)
def test_what_the_health_check_said(health: dict[str, Any], log: list[str]) -> None:
    assert _container(**health).report()["health_log"] == log


def test_a_failure_report_has_checks_and_last_lines_of_bounded_size() -> None:
    class Chatty(FakeEngine):
        """An engine whose container writes long lines."""

        def log_tail(self, container: str, lines: int) -> list[str]:
            return ["short", f"{container}{lines}" * LINE_CHARACTERS]

    report = failure_reports(Chatty(), [_container(Log=[_check("refused")])])[0]
    assert report["health_log"] == ["exit 1: refused"]
    assert [len(line) for line in report["log_tail"]] == [5, LINE_CHARACTERS + 1]
    assert report["restarts"] == 2


@pytest.mark.parametrize(("exits", "code"), [({"1": 137}, 137), ({}, 0)], ids=["told", "unknown"])
def test_one_that_runs_again_has_the_code_it_ended_with(exits: dict[str, int], code: int) -> None:
    assert failure_reports(FakeEngine(exits=exits), [_container()])[0]["exit_code"] == code
