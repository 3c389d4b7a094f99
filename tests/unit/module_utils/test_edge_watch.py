"""The record between two steps of a run, and the process that looks at it meanwhile."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import edge_watch
from ansible.module_utils.rollway.edge_failures import Failures
from ansible.module_utils.rollway.edge_model import read_servers
from ansible.module_utils.rollway.edge_store import Paths
from ansible.module_utils.rollway.edge_watch import Guard, Record
from ansible.module_utils.rollway.haproxy_socket import Master
from ansible.module_utils.rollway.haproxy_state import Counters, View
from ansible.module_utils.rollway.lock import Run, write_lock
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.edge_samples import backend, running
from tests.unit.processes import is_running, wait

RUN: dict[str, Any] = {
    "id": "run-1",
    "verb": "deploy",
    "owner": "ana@laptop",
    "started": "2026-01-31T12:00:00Z",
    "controller": {"machine_id": "m", "boot_id": "b", "pid": 1, "start_ticks": 1},
}
COUNTED = '{"guard": null, "run": "run-1", "pid": 7, "counters": []}'
NEW, OLD = "a-green-1", "b-blue-1"
BACK = [{"name": OLD, "host": "b", "slot": "blue", "address": "127.0.0.1", "port": 1}]


class Silent(Master):
    """A HAProxy that nobody may reach."""

    def _send(self, line: str) -> str:
        raise AssertionError(line)


def _view(**counters: Counters) -> View:
    names = {NEW: "new", OLD: "old"}
    servers = {
        name: replace(running(name), counters=counters.get(side, Counters()))
        for name, side in names.items()
    }
    return View(7, {"rollway_iris": servers})


def _record(root: Path, **changes: Any) -> Record:
    servers = tuple(read_servers([{**BACK[0], "state": "ready"}]))
    guard = Guard(RUN, 0, str(root), backend(), servers)
    found = Record.of("run-1", _view(), "iris", [NEW])
    return replace(found, **{"guard": guard, "base": Failures(9, 1), "looks": 6, **changes})


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path, tmp_path / "haproxy")


def test_a_record_is_read_as_it_was_written_and_by_its_own_run_alone(paths: Paths) -> None:
    record = _record(paths.root)
    edge_watch.save(paths, "iris", record)
    assert edge_watch.load(paths, "iris", run="run-1") == record
    assert edge_watch.load(paths, "iris", run="run-2") is None
    edge_watch.forget(paths, "iris")
    assert edge_watch.load(paths, "iris", run="run-1") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": "run-1"}', '{"guard": 3}', COUNTED])
def test_what_cannot_be_read_is_no_record(text: str, paths: Paths) -> None:
    edge_watch.save(paths, "iris", _record(paths.root))
    paths.watch("iris").write_text(text)
    assert edge_watch.load(paths, "iris", run="run-1") is None
    assert "nothing to watch" in edge_watch.guard(paths, "iris", Silent("x"), sleep=_never)


def test_without_the_lock_nothing_is_watched(paths: Paths) -> None:
    edge_watch.save(paths, "iris", _record(paths.root))
    assert "nothing to watch" in edge_watch.guard(paths, "iris", Silent("x"), sleep=_never)
    held = AppPaths(paths.root, "iris")
    held.make()
    write_lock(held, Run.from_json({**RUN, "id": "run-2"}))
    assert "nothing to watch" in edge_watch.guard(paths, "iris", Silent("x"), sleep=_never)


def test_the_next_step_finds_what_the_unit_found(paths: Paths) -> None:
    with pytest.raises(Problem, match="went back by itself"):
        edge_watch.check(_record(paths.root, found="bad; went back by itself"), _view(), "iris")


def test_the_next_step_looks_itself_and_keeps_what_the_old_ones_did(paths: Paths) -> None:
    record = _record(paths.root)
    well = Counters(20, answered=20)
    assert edge_watch.check(record, _view(new=well, old=well), "iris") == Failures(29, 1)
    many = Counters(400, errors_5xx=4, answered=400)
    assert edge_watch.check(record, _view(new=well, old=many), "iris") == Failures(400, 4)
    with pytest.raises(Problem, match="20 of 20 requests failed"):
        edge_watch.check(
            record, _view(new=Counters(20, errors_5xx=20, answered=20), old=well), "iris"
        )


def test_without_a_record_counts_what_the_others_did_so_far() -> None:
    seen = _view(new=Counters(5), old=Counters(40, errors_5xx=2, answered=40))
    assert edge_watch.so_far(seen, "iris", [NEW]) == Failures(40, 2)


def test_a_process_of_its_own_looks_on(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    told = paths.root / "told"

    def guard(_paths: Paths, app: str, _master: Master, **_more: Any) -> str:
        told.with_suffix(".new").write_text(f"{app} {os.getpid()} {os.getsid(0)} {os.getppid()}")
        told.with_suffix(".new").rename(told)
        return ""

    monkeypatch.setattr(edge_watch, "guard", guard)
    edge_watch.start(paths, "iris", Silent("x"))
    wait(told.exists)
    app, process, session, _parent = told.read_text().split()
    assert app == "iris"
    assert len({process, session, str(os.getpid())}) == 3
    wait(lambda: not is_running(int(process)))


def _never(seconds: float) -> None:
    raise AssertionError(seconds)
