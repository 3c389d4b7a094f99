"""A host that the doctor looks at."""

from __future__ import annotations

from typing import Any

from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost, a_run

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
API, WARM_API = "iris-green-api-1-1", "iris-blue-api-1-1"


def look(host: FakeHost, **changes: Any) -> dict[str, Any]:
    """Look without a repair: nothing changes."""
    before = files(host)
    result = host.step("doctor", run=a_run("doctor-1"), mode="read", **changes)
    assert (result["ok"], result["changed"]) == (True, False), result["problem"]
    assert (files(host), host.engine.log) == (before, [])
    return result


def fix(host: FakeHost, **changes: Any) -> dict[str, Any]:
    """Repair with the word of every edge; the lock is given back."""
    result = host.step("doctor", run=a_run("doctor-1"), **{"edges_told": True, **changes})
    assert result["ok"], result["problem"]
    assert not (host.root / "iris/lock.json").exists()
    return result


def files(host: FakeHost) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in host.root.rglob("*") if one.is_file()}


def rows(host: FakeHost, findings: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Kind, place and fix of each."""
    return [
        (one["kind"], one["where"].replace(f"{host.root}/", ""), one["fix"]) for one in findings
    ]


def leave(host: FakeHost, name: str, project: str, **changes: Any) -> None:
    host.engine.here[name] = container(name, project, "api-1", **changes)
