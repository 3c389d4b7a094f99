from __future__ import annotations

from typing import Any

import pytest

from rollway.report.ending import end_lines, evidence, names_in_short

OLD = "registry/iris@sha256:1111222233334444aaaa"
NEW = "registry/iris@sha256:5555666677778888bbbb"


def _result(*hosts: tuple[str, str | None, str | None], **changes: Any) -> dict[str, Any]:
    served = [{"host": name, "before": old, "release": new} for name, old, new in hosts]
    return {
        "outcome": "good",
        "exit": 0,
        "sentence": "4-1.2.0 serves on 3 hosts",
        "hosts": served,
        "images": {"api": NEW, "cache": "redis:7"},
        "previous_images": {"api": OLD, "cache": "redis:7"},
        "url": "http://127.0.0.1:8080",
        "next": "./invoke rollback --env=local --app=iris",
        **changes,
    }


FLEET = ("app-1", "app-2", "app-3")
MOVED = [(name, "3-1.1.0", "4-1.2.0") for name in FLEET]
STAYED = [(name, "3-1.1.0", "3-1.1.0") for name in FLEET]
HEAD = "good: 4-1.2.0 serves on 3 hosts (7.0 s)"
TAIL = ["  url: http://127.0.0.1:8080", "  next: ./invoke rollback --env=local --app=iris"]
IMAGE = "  api: 111122223333 → 555566667777"

CASES = [
    pytest.param(
        _result(*MOVED), [HEAD, "  app-1..app-3: 3-1.1.0 → 4-1.2.0", IMAGE, *TAIL], id="all moved"
    ),
    pytest.param(
        _result(*[(name, None, "4-1.2.0") for name in FLEET], previous_images={}),
        [
            HEAD,
            "  app-1..app-3: 4-1.2.0, the first",
            "  api: 555566667777",
            "  cache: redis:7",
            *TAIL,
        ],
        id="the first release",
    ),
    pytest.param(_result(*STAYED), [HEAD, *TAIL], id="nothing changed"),
    pytest.param(
        _result(MOVED[0], STAYED[1], MOVED[2]),
        [HEAD, "  app-1, app-3: 3-1.1.0 → 4-1.2.0", "  app-2: 3-1.1.0, as before", IMAGE, *TAIL],
        id="a host that stayed behind",
    ),
    pytest.param(
        _result(*MOVED, outcome="planned"),
        ["planned: 4-1.2.0 serves on 3 hosts (7.0 s)", *TAIL],
        id="a plan changed nothing",
    ),
    pytest.param(
        _result(*MOVED, notes=["waves of 1, from deploy.update_config"]),
        [
            HEAD,
            "  app-1..app-3: 3-1.1.0 → 4-1.2.0",
            IMAGE,
            "  note: waves of 1, from deploy.update_config",
            *TAIL,
        ],
        id="notes of the release",
    ),
    pytest.param(
        _result(*STAYED, outcome="bad", exit=2, sentence="4-1.2.0 failed"),
        ["bad: 4-1.2.0 failed (7.0 s)", TAIL[1]],
        id="a failure has no address",
    ),
    pytest.param(
        {"outcome": "broken", "exit": 70, "hosts": []},
        ["broken: it ended without a plan (7.0 s)"],
        id="a run that ended early",
    ),
]


@pytest.mark.parametrize(("result", "lines"), CASES)
def test_the_end_of_a_run(result: dict[str, Any], lines: list[str]) -> None:
    assert end_lines(result, seconds=7.0) == lines


def test_evidence_is_the_state_the_checks_and_the_last_lines() -> None:
    container = {
        "name": "iris-blue-api-1-1",
        "state": "restarting",
        "health": "starting",
        "exit_code": 1,
        "restarts": 2,
        "oom": True,
        "health_log": ["exit 1: connection refused"],
        "log_tail": ["boom"],
    }
    problem = {"host": "app-1", "found": "not ready", "accepted": "running"}
    assert evidence({**problem, "containers": [container]}) == [
        "  app-1: not ready",
        "    accepted: running",
        "    iris-blue-api-1-1: restarting, starting, exit code 1, restarts 2, out of memory",
        "      check: exit 1: connection refused",
        "      boom",
    ]


NAMES = [
    (["app-1", "app-2", "app-3", "app-5", "db"], "app-1..app-3, app-5, db"),
    (["app-1", "app-2"], "app-1, app-2"),
    (["web-9", "web-10", "web-11", "web-12"], "web-9..web-12"),
    (["a", "b", "c"], "a, b, c"),
    (["a-1", "b-2", "c-3"], "a-1, b-2, c-3"),
    ([], ""),
]


@pytest.mark.parametrize(("names", "short"), NAMES, ids=[case[1] or "none" for case in NAMES])
def test_names_in_a_row_are_a_range(names: list[str], short: str) -> None:
    assert names_in_short(names) == short
