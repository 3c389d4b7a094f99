from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from rollway.config.model import XRollway
from rollway.config.parse import parse_x_rollway
from rollway.config.problems import Problems

HTTP = {"service": "api", "port": 8000}


def parsed(content: Any) -> tuple[XRollway, list[str]]:
    problems = Problems("file")
    return parse_x_rollway(content, problems), problems.found


def test_defaults_are_those_of_the_documentation() -> None:
    settings, problems = parsed({"http": HTTP})
    assert not problems
    assert settings.http
    assert settings.http.model_dump() == {
        "service": "api",
        "port": 8000,
        "ready": "/",
        "hosts": [],
        "path": "/",
        "drain_seconds": 30,
        "retry": [],
    }
    assert settings.rollout.keep_warm_seconds == 300
    assert settings.rollout.start == "fleet"


def test_numbers_may_be_text_as_after_interpolation() -> None:
    settings, problems = parsed(
        {"http": {**HTTP, "port": "8000"}, "rollout": {"bake_seconds": "1.5", "waves": ["2"]}}
    )
    assert not problems
    assert settings.http
    assert settings.http.port == 8000
    assert settings.rollout.bake_seconds == 1.5
    assert settings.rollout.waves == [2]


def test_settings_cannot_be_changed() -> None:
    settings, _ = parsed({"http": HTTP})
    with pytest.raises(ValidationError, match="frozen"):
        settings.http = None


WAVES = [[1], [3, 1], ["25%"], [1, "25%", "100%"], ["1%"], [10**6]]


@pytest.mark.parametrize("waves", WAVES, ids=str)
def test_waves_that_move_every_host_are_accepted(waves: list[int | str]) -> None:
    settings, problems = parsed({"rollout": {"waves": waves}})
    assert not problems
    assert settings.rollout.waves == waves


def _http(**keys: Any) -> dict[str, Any]:
    return {"http": {**HTTP, **keys}}


def _rollout(**keys: Any) -> dict[str, Any]:
    return {"rollout": keys}


BAD: list[tuple[str, Any, str]] = [
    (
        "a key of x-rollway with a letter too few",
        {"htp": {}},
        "x-rollway/htp: unknown key; accepted: http",
    ),
    (
        "a key of http with another ending",
        _http(drain_second=1),
        "x-rollway/http/drain_second: unknown key; accepted: drain_seconds",
    ),
    (
        "a key nobody would guess",
        {"services": {"db": {"class": "accessory", "xyzzy": 1}}},
        (
            "x-rollway/services/db/xyzzy: unknown key; accepted: backward_compatible, class, "
            "hosts, idempotent, port, singleton, timeout_seconds, volumes, when"
        ),
    ),
    ("http without a port", {"http": {"service": "api"}}, "x-rollway/http/port: it is missing"),
    (
        "a port out of range",
        _http(port=70000),
        "x-rollway/http/port: 70000: input should be less than or equal to 65535",
    ),
    ("a port that is true", _http(port=True), "x-rollway/http/port: true is not a number"),
    (
        "a relative ready path",
        _http(ready="health"),
        "x-rollway/http/ready: 'health' is not a path like /v2/health/ready",
    ),
    (
        "a ready path with a line break",
        _http(ready="/a\nb"),
        "x-rollway/http/ready: '/a\\nb' is not a path like /v2/health/ready",
    ),
    (
        "a prefix without a slash at its end",
        _http(path="/api"),
        "x-rollway/http/path: '/api' does not end in /",
    ),
    (
        "a host name in capitals",
        _http(hosts=["API.example.com"]),
        "x-rollway/http/hosts: 'API.example.com' is not a host name in lower case",
    ),
    (
        "a method that is none",
        _http(retry=["FETCH"]),
        (
            "x-rollway/http/retry/0: 'FETCH': input should be 'GET', 'HEAD', 'OPTIONS', 'PUT', "
            "'DELETE', 'POST' or 'PATCH'"
        ),
    ),
    (
        "a strategy that is not there",
        _rollout(strategy="canary"),
        "x-rollway/rollout/strategy: 'canary': input should be 'rolling'",
    ),
    (
        "no wave at all",
        _rollout(waves=[]),
        "x-rollway/rollout/waves: it is empty: no wave would move a host",
    ),
    (
        "a wave of nobody, which never ends",
        _rollout(waves=[1, 0]),
        "x-rollway/rollout/waves: 0 is not a wave: a number from 1, or 1% to 100%",
    ),
    (
        "a wave of no percent",
        _rollout(waves=["0%"]),
        "x-rollway/rollout/waves: '0%' is not a wave: a number from 1, or 1% to 100%",
    ),
    (
        "more than everybody",
        _rollout(waves=["101%"]),
        "x-rollway/rollout/waves: '101%' is not a wave: a number from 1, or 1% to 100%",
    ),
    (
        "fewer than nobody",
        _rollout(waves=[-1]),
        "x-rollway/rollout/waves: -1 is not a wave: a number from 1, or 1% to 100%",
    ),
    (
        "a failing count below zero",
        _rollout(max_failures=-1),
        "x-rollway/rollout/max_failures: -1: input should be greater than or equal to 0",
    ),
    (
        "a class that is none",
        {"services": {"db": {"class": "database"}}},
        (
            "x-rollway/services/db/class: 'database': "
            "input should be 'web', 'worker', 'accessory' or 'job'"
        ),
    ),
    (
        "a key that is named as a type",
        {"str": 1},
        "x-rollway/str: unknown key; accepted: http, rollout, services",
    ),
    (
        "a service that is named as a type",
        {"services": {"int": {"class": "web", "str": 1}}},
        (
            "x-rollway/services/int/str: unknown key; accepted: backward_compatible, class, "
            "hosts, idempotent, port, singleton, timeout_seconds, volumes, when"
        ),
    ),
    (
        "text instead of a mapping",
        "yes",
        "x-rollway: 'yes': input should be a valid dictionary or instance of XRollway",
    ),
]


@pytest.mark.parametrize(
    ("content", "message"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_what_is_wrong_is_said_with_its_path(content: Any, message: str) -> None:
    settings, problems = parsed(content)
    assert problems == [message]
    assert settings == XRollway()


def test_a_path_has_no_names_of_types() -> None:
    _, problems = parsed({"rollout": {"waves": [1, 1.5]}, "services": {"str": {"class": 1}}})
    paths = {one.partition(": ")[0] for one in problems}
    assert paths == {"x-rollway/rollout/waves/1", "x-rollway/services/str/class"}
