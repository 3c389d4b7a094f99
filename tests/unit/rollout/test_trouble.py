from __future__ import annotations

from typing import Any

import pytest

from rollway.rollout.trouble import said_of

FILE = "/var/lib/rollway-edge/apps.d/iris.json"
SAID: list[tuple[str, dict[str, Any], str]] = [
    ("a file", {"host": "edge-1", "where": FILE, "found": "cut"}, f"edge-1: {FILE}: cut"),
    (
        "a file that the words name",
        {"host": "edge-1", "where": FILE, "found": f"{FILE} is cut"},
        f"edge-1: {FILE} is cut",
    ),
    (
        "another place",
        {"host": "edge-1", "where": "the bake", "found": "3 errors"},
        "edge-1: 3 errors",
    ),
    ("no host", {"where": "rollback", "found": "nothing is held"}, "rollback: nothing is held"),
]


@pytest.mark.parametrize(("problem", "text"), [c[1:] for c in SAID], ids=[c[0] for c in SAID])
def test_a_file_is_named_beside_its_host(problem: dict[str, Any], text: str) -> None:
    assert said_of(problem) == text
