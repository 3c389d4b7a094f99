from __future__ import annotations

from typing import Any

import pytest

from rollway.config.problems import Problems
from rollway.config.structure import check_structure

CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("keys of the table", {"services": {"api": {"image": "a", "user": 1000}}}, []),
    ("x- keys anywhere", {"x-a": 1, "services": {"api": {"x-b": [1]}}}, []),
    (
        "a typo at the top",
        {"service": {}},
        ["service: unknown key; accepted: services"],
    ),
    (
        "a typo in a health check",
        {"services": {"api": {"healthcheck": {"intervall": "5s"}}}},
        ["services/api/healthcheck/intervall: unknown key; accepted: interval, start_interval"],
    ),
    (
        "a typo deep below deploy",
        {"services": {"api": {"deploy": {"resources": {"limits": {"memroy": "1g"}}}}}},
        ["services/api/deploy/resources/limits/memroy: unknown key; accepted: memory"],
    ),
    (
        "a typo in an item of a list",
        {"services": {"api": {"ports": [{"target": 1, "publish": 2}]}}},
        ["services/api/ports/0/publish: unknown key; accepted: published"],
    ),
    (
        "a list instead of a mapping",
        {"services": {"api": {"deploy": []}}},
        ["services/api/deploy: []; accepted: a mapping"],
    ),
    (
        "a text instead of a list",
        {"services": {"api": {"ports": "8000"}}},
        ["services/api/ports: '8000'; accepted: a list"],
    ),
    (
        "mappings in a list of texts",
        {"services": {"api": {"depends_on": [{"db": None}]}}},
        ["services/api/depends_on: [{'db': None}]; accepted: a mapping or list"],
    ),
    (
        "words instead of a number",
        {"services": {"api": {"healthcheck": {"retries": "three"}}}},
        ["services/api/healthcheck/retries: 'three'; accepted: a number"],
    ),
    (
        "a network that is a text",
        {"networks": {"front": "bridge"}},
        ["networks/front: 'bridge'; accepted: a mapping"],
    ),
    ("a network without options", {"networks": {"front": None}}, []),
    (
        "a long value is cut",
        {"services": {"api": {"links": ["x" * 100]}}},
        [
            (
                f"services/api/links: ['{'x' * 58}… cannot be released; "
                "accepted: leave it out: services of one network find each other by name"
            )
        ],
    ),
]


@pytest.mark.parametrize(
    ("content", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_keys_and_shapes(content: dict[str, Any], expected: list[str]) -> None:
    problems = Problems("file")
    check_structure(content, problems)
    assert problems.found == expected
