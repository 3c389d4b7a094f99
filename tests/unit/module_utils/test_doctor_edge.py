"""An edge whose record cannot be read, or that still knows hosts that are gone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import edge_apply, edge_store
from ansible.module_utils.rollway.ailment import Ailment
from ansible.module_utils.rollway.doctor_edge import edge_ailments
from ansible.module_utils.rollway.edge_call import Edge
from ansible.module_utils.rollway.edge_config import render
from ansible.module_utils.rollway.edge_fence import Fence
from ansible.module_utils.rollway.edge_model import Server
from ansible.module_utils.rollway.edge_store import Paths, Record, digest
from ansible.module_utils.rollway.haproxy_socket import Master
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.edge_samples import PROCESSES, STATES, backend
from tests.unit.module_utils.fakes import FakeHost, a_run

# by STATES a-blue-1 is down and a-green-1 serves
GONE = Server("a-blue-1", "gone", "blue", "127.0.0.1", 19001, "ready", 100)
STAYS = Server("a-green-1", "stays", "green", "127.0.0.1", 19002, "ready", 50)


@pytest.fixture
def edge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edge:
    """An edge with a server of each of two hosts."""

    def answer(_master: Master, line: str) -> str:
        return PROCESSES if line == "show proc" else STATES

    monkeypatch.setattr(Master, "_send", answer)
    paths = Paths(tmp_path / "root", tmp_path / "config")
    done = digest(backend(), (GONE, STAYS))
    edge_store.save(paths, Record(backend(), (GONE, STAYS), done))
    paths.fragments.mkdir(parents=True)
    paths.fragment("iris").write_text(render(backend(), (GONE, STAYS)))
    paths.map.write_text("*/ iris\n")
    return Edge(paths, Master("unused"), Fence(AppPaths(paths.root, "iris")))


def _found(edge: Edge, *hosts: str) -> list[Ailment]:
    return list(edge_ailments(edge, "iris", hosts))


def test_an_edge_that_knows_the_inventory_s_hosts_alone(edge: Edge) -> None:
    assert _found(edge, "gone", "stays", "new") == []


def test_servers_of_a_host_that_is_gone_leave_and_the_others_stay(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[edge_apply.Wish] = []
    monkeypatch.setattr(edge_apply, "load", lambda _, wish: loaded.append(wish))
    (one,) = _found(edge, "stays")
    assert (one.kind, one.where) == ("edge", "rollway_iris/gone")
    assert one.found == "servers of a host that is gone: a-blue-1"
    assert one.fix == "removes them by a reload"
    assert one.mend
    one.mend()
    assert [wish.servers for wish in loaded] == [(STAYS,)]


def test_the_last_servers_that_serve_are_only_named(edge: Edge) -> None:
    (one,) = _found(edge, "gone")
    assert (one.where, one.mend) == ("rollway_iris/stays", None)
    assert one.found.endswith("; no other server serves")


def test_a_record_that_cannot_be_read_is_kept_beside(edge: Edge) -> None:
    path = edge.paths.record("iris")
    path.write_bytes(b"{")
    (one,) = _found(edge, "stays")
    assert (one.where, bool(one.fix)) == (str(path), True)
    assert one.mend
    one.mend()
    assert not path.exists()
    assert path.with_name("iris.json.bad").read_bytes() == b"{"
    assert _found(edge, "stays") == []


def test_a_run_at_work_keeps_it_out(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    path = edge.paths.record("iris")
    path.write_bytes(b"{")

    def lost(*_: Any) -> None:
        raise Problem("lock.json", "lost the lock")

    monkeypatch.setattr(Fence, "check", lost)
    (one,) = _found(edge, "stays")
    assert one.mend
    with pytest.raises(Problem, match="lost the lock"):
        one.mend()
    assert path.read_bytes() == b"{"


def test_a_note_of_maintenance_that_cannot_be_read_is_kept_beside(edge: Edge) -> None:
    path = edge.paths.notice("iris")
    path.parent.mkdir()
    path.write_bytes(b"{")
    (one,) = _found(edge, "gone", "stays")
    assert (one.kind, one.where) == ("edge", str(path))
    assert one.fix.startswith("keeps it as iris.json.bad; the page stays")
    assert one.mend
    one.mend()
    assert (_found(edge, "gone", "stays"), path.exists()) == ([], False)
    assert path.with_name("iris.json.bad").read_bytes() == b"{"


def test_an_haproxy_that_does_not_answer(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any) -> str:
        raise Problem("haproxy-master.sock", "no answer")

    monkeypatch.setattr(Master, "_send", silent)
    (one,) = _found(edge, "stays")
    assert (one.where, one.next) == ("haproxy-master.sock", "systemctl status haproxy")


def test_a_repair_has_the_lock_to_the_last_change_of_the_edge(
    edge: Edge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edge's part takes the application's mutex itself: nothing else may have it then."""
    host = FakeHost(root=edge.paths.root)
    assert host.step("acquire", kind="edge", run=a_run("r1"))["ok"]
    common = {"kind": "edge", "run": a_run("r1"), "generation": 1}
    assert host.step("conclude", **common, outcome="bad", release_id="1-a")["ok"]
    held: list[str] = []

    def load(one: Edge, wish: edge_apply.Wish) -> bool:
        one.fence.check()
        held.append(str(one.fence.run and one.fence.run.id))
        done = digest(wish.backend, wish.servers)
        return one.save(Record(wish.backend, wish.servers, done))

    monkeypatch.setattr(edge_apply, "load", load)
    monkeypatch.setattr(edge_store, "Paths", lambda: Paths(edge.paths.root, tmp_path / "config"))
    asked = {"kind": "edge", "run": a_run("doctor-1"), "reads_edge": True, "hosts": ["stays"]}
    looked = host.step("doctor", **asked, mode="read")
    assert [one["where"] for one in looked["findings"]] == ["rollway_iris/gone"]
    assert [one["host"] for one in looked["servers"]] == ["gone", "stays"]
    result = host.step("doctor", **asked)
    left = [one for one in result["findings"] if one["kind"] == "edge"]
    assert (result["ok"], left, held) == (True, [], ["doctor-1"]), result["problem"]
    assert [one["where"] for one in result["repaired"]] == ["rollway_iris/gone"]
    assert not (edge.paths.root / "iris/lock.json").exists()
    assert '"repaired"' in (edge.paths.root / "iris/audit.jsonl").read_text().splitlines()[-1]


SAID: list[Any] = [
    pytest.param("", STATES, ["a-blue-1", "a-green-1"], id="an edge that is well"),
    pytest.param("without", "", [], id="an edge that never had the application"),
    pytest.param("without", STATES, None, id="an edge that lost its record and serves"),
    pytest.param("spoiled", STATES, None, id="an edge that cannot read its record"),
]


@pytest.mark.parametrize(("record", "states", "servers"), SAID)
def test_what_an_edge_says_it_serves(
    record: str,
    states: str,
    servers: list[str] | None,
    edge: Edge,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_store, "Paths", lambda: edge.paths)
    monkeypatch.setattr(
        Master, "_send", lambda _, line: PROCESSES if line == "show proc" else states
    )
    if record == "without":
        edge.paths.record("iris").unlink()
    if record == "spoiled":
        edge.paths.record("iris").write_bytes(b"{")
    host = FakeHost(root=edge.paths.root / "rollway")
    asked = {"kind": "edge", "reads_edge": True, "hosts": ["gone", "stays"]}
    told = host.step("doctor", run=a_run("doctor-1"), mode="read", **asked)["servers"]
    assert (told if told is None else [one["name"] for one in told]) == servers


def test_an_edge_that_a_run_is_changing_is_not_called_astray(edge: Edge) -> None:
    edge.paths.fragment("iris").unlink()
    assert [one.kind for one in edge_ailments(edge, "iris", ("gone", "stays"))] == ["file"]
    assert list(edge_ailments(edge, "iris", ("gone", "stays"), settled=False)) == []
