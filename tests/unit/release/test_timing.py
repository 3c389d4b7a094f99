from __future__ import annotations

from typing import Any

import pytest

from rollway.config.problems import Problems
from rollway.release.timing import has_healthcheck, timing

FULL = {"interval": "5s", "timeout": "3s", "retries": 3, "start_period": "30s"}
DEADLINES: list[tuple[str, dict[str, Any], float]] = [
    ("without a health check", {}, 60.0),
    ("by its own figures", {"healthcheck": {"test": "x", **FULL}}, 54.0),
    ("by Docker's defaults", {"healthcheck": {"test": "x"}}, 180.0),
    ("numbers as text", {"healthcheck": {"test": "x", **FULL, "retries": "1"}}, 38.0),
    ("never under ten seconds", {"healthcheck": {"interval": "1s", "timeout": "1s"}}, 10.0),
    ("a check that is switched off", {"healthcheck": {"disable": True}}, 60.0),
    ("a check that is none", {"healthcheck": {"test": ["NONE"]}}, 60.0),
]


@pytest.mark.parametrize(
    ("service", "expected"), [case[1:] for case in DEADLINES], ids=[case[0] for case in DEADLINES]
)
def test_the_deadline_of_a_start(service: dict[str, Any], expected: float) -> None:
    problems = Problems("file")
    found = timing(service, "services/api", problems)
    assert found["ready_deadline_seconds"] == expected
    assert found["has_healthcheck"] is has_healthcheck(service)
    assert problems.found == []


MEMORY: list[tuple[str, dict[str, Any], int | None]] = [
    ("nothing", {}, None),
    ("the limit", {"deploy": {"resources": {"limits": {"memory": "192M"}}}}, 192 * 2**20),
    (
        "the reservation, before the limit",
        {
            "deploy": {
                "resources": {"limits": {"memory": "192M"}, "reservations": {"memory": "64M"}}
            }
        },
        64 * 2**20,
    ),
    ("the older key", {"mem_limit": "1g"}, 2**30),
]


@pytest.mark.parametrize(
    ("service", "expected"), [case[1:] for case in MEMORY], ids=[case[0] for case in MEMORY]
)
def test_the_memory_of_a_container(service: dict[str, Any], expected: int | None) -> None:
    assert timing(service, "services/api", Problems("file"))["memory_bytes"] == expected


def test_the_grace_of_a_container() -> None:
    assert timing({}, "services/api", Problems("file"))["stop_grace_seconds"] == 10.0
    service = {"stop_grace_period": "1m"}
    assert timing(service, "services/api", Problems("file"))["stop_grace_seconds"] == 60.0


def test_every_figure_that_is_none_is_said() -> None:
    problems = Problems("file")
    service = {
        "healthcheck": {"test": "x", "interval": "5", "timeout": "soon"},
        "stop_grace_period": "30",
        "mem_limit": "much",
    }
    timing(service, "services/api", problems)
    assert [line.split(":")[0] for line in problems.found] == [
        "services/api/healthcheck/interval",
        "services/api/healthcheck/timeout",
        "services/api/stop_grace_period",
        "services/api/mem_limit",
    ]
    assert problems.found[0].endswith(": '5' is not a duration like 1m30s or 200ms")
