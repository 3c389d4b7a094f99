from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rollway.config.model import XRollway
from rollway.config.problems import Problems
from rollway.config.rollout import DEFAULTS, resolve_rollout

HTTP = {"service": "api", "port": 8000}


def resolved(
    update: dict[str, Any], rollout: dict[str, Any] | None = None, *, hosts: int = 6
) -> tuple[dict[str, Any], list[str], list[str]]:
    problems = Problems("file")
    settings = XRollway.model_validate({"http": HTTP, "rollout": rollout or {}})
    services = {"api": {"deploy": {"update_config": update}}}
    found, notes = resolve_rollout(settings, services, problems, host_count=hosts)
    return found, notes, problems.found


def test_without_settings_a_wave_is_one_host() -> None:
    found, notes, problems = resolved({})
    assert found == {**DEFAULTS, "strategy": "rolling", "keep_warm_seconds": 300, "start": "fleet"}
    assert (found["waves"], found["max_failures"], found["bake_seconds"]) == ([1], 0, 0.0)
    assert notes == problems == []


MAPPED = [
    ("parallelism is waves", {"parallelism": 2}, "waves", [2]),
    ("parallelism 0 is all at once", {"parallelism": 0}, "waves", ["100%"]),
    ("parallelism as text", {"parallelism": "2"}, "waves", [2]),
    ("monitor is the bake", {"monitor": "1m30s"}, "bake_seconds", 90.0),
    ("delay is the pause", {"delay": "500ms"}, "pause_seconds", 0.5),
    ("a ratio of the fleet", {"max_failure_ratio": 0.34}, "max_failures", 2),
    ("a ratio rounds down", {"max_failure_ratio": 0.16}, "max_failures", 0),
    ("the whole fleet", {"max_failure_ratio": 1}, "max_failures", 6),
    ("start-first", {"order": "start-first"}, "order", "start-first"),
    ("stop-first", {"order": "stop-first"}, "order", "stop-first"),
    ("rollback", {"failure_action": "rollback"}, "failure_action", "rollback"),
    ("pause", {"failure_action": "pause"}, "failure_action", "pause"),
    ("an hour, the longest", {"monitor": "1h"}, "bake_seconds", 3600.0),
]


@pytest.mark.parametrize(
    ("update", "key", "expected"), [case[1:] for case in MAPPED], ids=[case[0] for case in MAPPED]
)
def test_update_config_is_read(update: dict[str, Any], key: str, expected: Any) -> None:
    found, notes, problems = resolved(update)
    assert found[key] == expected
    assert notes == problems == []


def test_x_rollway_wins_and_says_so() -> None:
    found, notes, _ = resolved({"parallelism": 2, "monitor": "5s"}, {"waves": [1, "100%"]})
    assert found["waves"] == [1, "100%"]
    assert found["bake_seconds"] == 5.0
    assert notes == [
        "x-rollway.rollout.waves [1, '100%'] wins over deploy.update_config.parallelism [2]"
    ]


SERVING: list[tuple[str, Any]] = [
    ("a number of hosts", 2),
    ("none", 0),
    ("a percentage", "50%"),
    ("none, as a percentage", "0%"),
    ("all", "100%"),
]


@pytest.mark.parametrize("value", [case[1] for case in SERVING], ids=[case[0] for case in SERVING])
def test_what_has_to_serve_is_kept_as_it_is_written(value: Any) -> None:
    assert resolved({}, {"min_serving": value})[0]["min_serving"] == value


@pytest.mark.parametrize("value", [-1, "101%", "half", "1.5", True])
def test_what_has_to_serve_is_a_number_or_a_percentage(value: Any) -> None:
    with pytest.raises(ValidationError):
        resolved({}, {"min_serving": value})


def test_an_order_of_x_rollway_wins_and_says_so() -> None:
    found, notes, _ = resolved({"order": "start-first"}, {"order": "stop-first"})
    assert found["order"] == "stop-first"
    assert notes == [
        "x-rollway.rollout.order stop-first wins over deploy.update_config.order start-first"
    ]


def test_the_same_twice_is_no_note() -> None:
    assert resolved({"parallelism": 2}, {"waves": [2]})[1] == []


BAD: list[tuple[dict[str, Any], str]] = [
    ({"parallelism": -1}, "parallelism: -1 is not a whole number from 0"),
    ({"parallelism": 1.5}, "parallelism: 1.5 is not a whole number from 0"),
    ({"monitor": "soon"}, "monitor: 'soon' is not a duration like 1m30s or 200ms"),
    ({"max_failure_ratio": 2}, "max_failure_ratio: 2 is not a number from 0 to 1"),
    *(
        (
            {"failure_action": value},
            (
                f"failure_action: {value!r}: input should be 'rollback' or 'pause'; "
                "accepted: what x-rollway.rollout.failure_action takes"
            ),
        )
        for value in ("foo", "", ["a"], "Pause")
    ),
    *(
        (
            {theirs: value},
            (
                f"{theirs}: {value!r}: input should be less than or equal to 3600; "
                f"accepted: what x-rollway.rollout.{ours} takes"
            ),
        )
        for theirs, ours, value in (
            ("monitor", "bake_seconds", "2h"),
            ("delay", "pause_seconds", "3h"),
        )
    ),
    ({"order": "at-once"}, "order: 'at-once' is not possible; accepted: start-first or stop-first"),
]


@pytest.mark.parametrize(("update", "message"), BAD, ids=[str(case[0]) for case in BAD])
def test_what_is_wrong_is_said(update: dict[str, Any], message: str) -> None:
    assert resolved(update)[2] == [f"services/api/deploy/update_config/{message}"]


def test_workers_have_an_order_of_their_own_and_nothing_else() -> None:
    problems = Problems("file")
    config = {"order": "stop-first", "parallelism": 3}
    services = {"api": None, "mail": {"deploy": {"update_config": config}}}
    settings = XRollway.model_validate({"http": HTTP})
    found, notes = resolve_rollout(settings, services, problems, host_count=3)
    assert found["waves"] == [1]
    assert problems.found == []
    assert notes == [
        "services/mail/deploy/update_config: parallelism counts for x-rollway.http.service only"
    ]
