"""An edge against its own record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import edge_apply, edge_store
from ansible.module_utils.rollway.edge_call import Edge
from ansible.module_utils.rollway.edge_config import render
from ansible.module_utils.rollway.edge_drift import edge_findings
from ansible.module_utils.rollway.edge_fence import Fence
from ansible.module_utils.rollway.edge_model import Server
from ansible.module_utils.rollway.edge_store import Paths, Record, digest
from ansible.module_utils.rollway.haproxy_socket import Master
from ansible.module_utils.rollway.paths import AppPaths

from tests.unit.module_utils.edge_samples import PROCESSES, STATES, backend

BLUE = Server("a-blue-1", "a", "blue", "127.0.0.1", 19001, "ready", 100)
GREEN = Server("a-green-1", "a", "green", "127.0.0.1", 19002, "ready", 50)
SERVERS = (BLUE, GREEN)
RUNS = "ready with weight 50 at 127.0.0.1 port 19002"


@pytest.fixture
def edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """An edge that runs, and would start from, exactly what it recorded."""

    def answer(_master: Master, line: str) -> str:
        return PROCESSES if line == "show proc" else STATES

    monkeypatch.setattr(Master, "_send", answer)
    paths = Paths(tmp_path / "root", tmp_path / "config")
    paths.fragments.mkdir(parents=True)
    paths.fragment("iris").write_text(render(backend(), SERVERS))
    paths.map.write_text("*/ iris\n")
    _record(paths, *SERVERS)
    return Edge(paths, Master("unused"), Fence(AppPaths(paths.root, "iris")))


def _record(paths: Paths, *servers: Server, loaded: str = "") -> None:
    done = digest(backend(), servers)
    edge_store.save(paths, Record(backend(), servers, loaded or done))


def _found(edge: Edge) -> list[tuple[str, str, str]]:
    root = edge.paths.config.parent
    return [
        (one.where.replace(f"{root}/", ""), one.found, one.accepted)
        for one in edge_findings(edge, "iris")
    ]


def test_an_edge_as_recorded_has_none(edge: Edge) -> None:
    assert _found(edge) == []


def _edited(paths: Paths) -> None:
    path = paths.fragment("iris")
    path.write_text(path.read_text().replace("roundrobin", "leastconn"))


FILES: list[Any] = [
    pytest.param(
        _edited,
        ("config/rollway.d/iris.cfg", "line 3: balance leastconn", "the recorded backend"),
        id="a backend edited by hand",
    ),
    pytest.param(
        lambda paths: paths.fragment("iris").unlink(),
        ("config/rollway.d/iris.cfg", "not there", "the recorded backend"),
        id="a backend removed",
    ),
    pytest.param(
        lambda paths: paths.map.write_text("*/ other\n"),
        ("config/rollway.map", "no route */", "*/ iris"),
        id="a route that leads elsewhere",
    ),
    pytest.param(
        lambda paths: _record(paths, *SERVERS, loaded="before"),
        (
            "root/apps.d/iris.json",
            "HAProxy was not reloaded since it changed",
            "a topology that HAProxy runs",
        ),
        id="a reload that never came",
    ),
]


@pytest.mark.parametrize(("change", "finding"), FILES)
def test_a_file_that_is_not_as_recorded(
    change: Callable[[Paths], Any], finding: tuple[str, str, str], edge: Edge
) -> None:
    change(edge.paths)
    assert _found(edge) == [finding]


def test_servers_that_are_not_as_recorded(edge: Edge) -> None:
    gone = Server("a-blue-2", "a", "blue", "127.0.0.1", 19009, "maint", 100)
    light = Server("a-green-1", "a", "green", "127.0.0.1", 19002, "ready", 100)
    _record(edge.paths, light, gone)
    servers = [one for one in _found(edge) if one[0].startswith("servers/")]
    assert servers == [
        (
            "servers/a-blue-1",
            "ready with weight 100 at 127.0.0.1 port 19001",
            "no such server",
        ),
        ("servers/a-blue-2", "not there", "maint with weight 100 at 127.0.0.1 port 19009"),
        ("servers/a-green-1", RUNS, RUNS.replace("50", "100")),
    ]


def test_a_backend_that_nobody_recorded(edge: Edge) -> None:
    edge.paths.record("iris").unlink()
    assert ("config/rollway.d/iris.cfg", "a backend without a record", "no such file") in _found(
        edge
    )


def test_what_differs_from_the_record_is_put_right_by_asking_for_it_again(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes: list[edge_apply.Wish] = []
    monkeypatch.setattr(edge_apply, "apply", lambda _, wish: wishes.append(wish))
    _edited(edge.paths)
    (one,) = edge_findings(edge, "iris")
    assert (one.verb, one.fix) == ("doctor", "brings the edge to its record")
    assert one.mend
    one.mend()
    assert [wish.servers for wish in wishes] == [SERVERS]


def test_what_no_record_speaks_of_is_recorded_by_a_deploy(edge: Edge) -> None:
    edge.paths.record("iris").unlink()
    assert {one.verb for one in edge_findings(edge, "iris")} == {"deploy"}
