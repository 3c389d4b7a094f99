"""What an edge tells of an application, beside what HAProxy runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.rollway import edge_store
from ansible.module_utils.rollway.edge_call import Edge
from ansible.module_utils.rollway.edge_fence import Fence
from ansible.module_utils.rollway.edge_report import describe
from ansible.module_utils.rollway.edge_store import Paths, Record
from ansible.module_utils.rollway.haproxy_socket import Master
from ansible.module_utils.rollway.paths import AppPaths

from tests.unit.module_utils.edge_samples import PROCESSES, STATES, backend, server


@pytest.fixture
def edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edge:
    def answer(_master: Master, line: str) -> str:
        return PROCESSES if line == "show proc" else STATES

    monkeypatch.setattr(Master, "_send", answer)
    return Edge(
        Paths(tmp_path / "root", tmp_path / "config"),
        Master("unused"),
        Fence(AppPaths(tmp_path / "root", "iris")),
    )


def test_the_backend_is_told_as_it_was_applied_last(edge: Edge) -> None:
    edge_store.save(edge.paths, Record(backend(), (server("a-blue-1"),), "digest"))
    told = describe(edge, "iris")
    assert told["backend"]["ready"] == "/v2/health/ready"
    assert [one["name"] for one in told["servers"]] == ["a-blue-1"]


def test_an_application_unknown_here_has_no_backend(edge: Edge) -> None:
    told = describe(edge, "iris")
    assert (told["backend"], told["servers"]) == (None, [])
