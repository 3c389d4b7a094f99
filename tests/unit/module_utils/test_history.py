from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.module_utils.fakes import FakeHost


def _write(host: FakeHost, name: str, content: Any) -> None:
    runs = host.root / "iris/runs"
    runs.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (runs / f"{name}.json").write_text(text)


def _named(result: dict[str, Any]) -> list[str]:
    return [record["run"]["id"] for record in result["runs"]]


def test_an_unknown_application_has_none_and_nothing_is_written(host: FakeHost) -> None:
    result = host.step("history", count=20)
    assert (result["ok"], result["changed"], result["runs"]) == (True, False, [])
    assert not host.root.exists()


def test_the_newest_come_first_without_those_that_changed_nothing(host: FakeHost) -> None:
    for number, result in enumerate(["good", "bad", "refused", "good", "locked"]):
        _write(host, f"r{number}", {"run": {"id": f"r{number}"}, "result": result})
    assert _named(host.step("history", count=2)) == ["r3", "r1"]
    assert _named(host.step("history", count=20)) == ["r3", "r1", "r0"]


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"run": "r2"}'])
def test_what_is_no_record_is_named_and_the_rest_shown(host: FakeHost, content: str) -> None:
    _write(host, "r1", {"run": {"id": "r1"}})
    _write(host, "r2", content)
    result = host.step("history", count=20)
    assert (result["ok"], _named(result)) == (True, ["r1"])
    assert [str(host.root / "iris/runs/r2.json") in one for one in result["remarks"]] == [True]
