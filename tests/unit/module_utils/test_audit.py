from __future__ import annotations

import pytest

from tests.unit.module_utils.fakes import FakeHost


def test_an_unknown_application_has_none_and_nothing_is_written(host: FakeHost) -> None:
    result = host.step("audit", count=20)
    assert (result["ok"], result["changed"], result["entries"]) == (True, False, [])
    assert not host.root.exists()


def test_who_released_what_newest_first(host: FakeHost) -> None:
    host.deploy("1-1.0.0", "blue")
    host.deploy("2-1.1.0", "green", old="blue")
    entries = host.step("audit", count=20)["entries"]
    assert [(one["release"], one["owner"], one["outcome"]) for one in entries] == [
        ("2-1.1.0", "ana@laptop", "good"),
        ("1-1.0.0", "ana@laptop", "good"),
    ]
    assert [one["release"] for one in host.step("audit", count=1)["entries"]] == ["2-1.1.0"]


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"run": 1, "time": "T"}', "\udcff"])
def test_what_is_no_entry_is_named_and_the_rest_shown(host: FakeHost, line: str) -> None:
    host.deploy("1-1.0.0", "blue")
    path = host.root / "iris/audit.jsonl"
    path.write_bytes(path.read_bytes() + line.encode(errors="surrogateescape"))
    result = host.step("audit", count=20)
    assert [one["release"] for one in result["entries"]] == ["1-1.0.0"]
    assert result["remarks"] == [f"{path}: line 2 is no entry"]


def test_none_is_no_count(host: FakeHost) -> None:
    assert host.step("audit", count=0)["problem"]["accepted"] == "1 or more"
