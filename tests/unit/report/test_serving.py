from __future__ import annotations

from typing import Any

import pytest

from rollway.report.serving import Serving

STATE = {"slots": {"blue": {"release": "1-a"}, "green": {"release": None}}}
PLANNED = Serving().recorded("app-1", STATE).planned("2-b", {"app-1": "green"})


def _says(slot: str, *, at: str = "app-1") -> dict[str, Any]:
    return {"servers": [{"host": at, "slot": slot, "admin_state": "ready"}]}


CASES = [
    (PLANNED, None, "nobody said anything"),
    (PLANNED.told("edge-1", _says("blue")), "1-a", "one edge"),
    (PLANNED.told("edge-1", {"edge": _says("green")}), "2-b", "beside a host's own result"),
    (PLANNED.told("edge-1", _says("blue")).told("edge-1", {}), "1-a", "silence changes nothing"),
    (PLANNED.told("edge-1", _says("blue", at="app-2")), None, "another host"),
    (
        PLANNED.told("edge-1", _says("green")).told("edge-2", _says("blue")),
        "1-a or 2-b",
        "edges that disagree",
    ),
    (PLANNED.told("edge-1", _says("blue")).unsure("edge-1", ["app-1"]), "1-a or 2-b", "unsure"),
    (
        PLANNED.unsure("edge-1", ["app-1"]).told("edge-1", _says("green")),
        "2-b",
        "sure again",
    ),
]


@pytest.mark.parametrize(("serving", "release", "_name"), CASES, ids=[case[2] for case in CASES])
def test_what_the_requests_of_a_host_get(serving: Serving, release: str | None, _name: str) -> None:
    assert serving.on("app-1") == release
