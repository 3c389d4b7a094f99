"""A page of maintenance: what a worker is told, what the file keeps, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import edge_store
from ansible.module_utils.rollway.edge_maintenance import parse_map
from ansible.module_utils.rollway.edge_steps import run_edge_step
from ansible.module_utils.rollway.edge_store import Paths, Record
from ansible.module_utils.rollway.haproxy_socket import Master
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.state import State, save_state

from tests.unit.module_utils.edge_samples import PROCESSES, STATES, backend, server

CURRENT, OLD = "@!24683", "@!24156"
WHO = {"run": "r-1", "owner": "ana@laptop", "since": "2026-01-31T12:00:00Z", "reason": "moving"}


class Worker:
    """HAProxy's part: a map in memory, and what it was told."""

    def __init__(self, path: Path, *, knows_map: bool = True) -> None:
        self.path, self.knows_map = str(path), knows_map
        self.entries: dict[str, str] = {}
        self.told: list[str] = []

    def answer(self, line: str) -> str:
        if line == "show proc":
            return PROCESSES
        return "".join(self._one(command) for command in line.split(";"))

    def _one(self, command: str) -> str:
        pid, order, _, *rest = command.split()
        if pid == OLD:
            self.told.append(f"old: {order} {' '.join(rest[1:])}")
            return "\n"
        if order == "show" and rest and rest[0] == self.path:
            return self._shown()
        if order == "show":
            return STATES
        self.told.append(f"{order} {' '.join(rest[1:])}")
        self.entries.pop(rest[1], None)
        self.entries |= {rest[1]: rest[2]} if len(rest) > 2 else {}
        return "\n"

    def _shown(self) -> str:
        if not self.knows_map:
            return "Unknown map identifier. Please use #<id> or <file>.\n\n"
        return "".join(f"0x7f {key} {value}\n" for key, value in self.entries.items()) + "\n"


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    found = Paths(tmp_path / "root", tmp_path / "config")
    found.fragments.mkdir(parents=True)
    found.maintenance.write_text("other 60\n")
    servers = (server("a-blue-1"),)
    edge_store.save(found, Record(backend(), servers, edge_store.digest(backend(), servers)))
    return found


@pytest.fixture
def worker(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Worker:
    found = Worker(paths.maintenance)
    monkeypatch.setattr(Master, "_send", lambda _master, line: found.answer(line))
    return found


def _step(
    paths: Paths,
    state: str,
    *,
    seconds: int = 120,
    app: str = "iris",
    env: str = "",
    check: bool = False,
) -> Any:
    params = {
        "app": app,
        "step": "maintain",
        "env": env,
        "maintenance": {"state": state, "retry_seconds": seconds, **WHO},
        "root": paths.root,
        "config_dir": paths.config,
        "master_socket": "unused",
    }
    return run_edge_step(params, check=check, diff=False)


def test_on_is_told_written_and_remembered_once(paths: Paths, worker: Worker) -> None:
    first, second = _step(paths, "on"), _step(paths, "on")
    assert (first["ok"], first["changed"], second["changed"]) == (True, True, False)
    assert worker.told == ["add iris 120", "old: del iris", "old: add iris 120"]
    assert paths.maintenance.read_text() == "iris 120\nother 60\n"
    assert second["maintenance"] == {**WHO, "retry_seconds": 120}


def test_off_is_told_written_and_forgotten_once(paths: Paths, worker: Worker) -> None:
    _step(paths, "on")
    worker.told.clear()
    first, second = _step(paths, "off"), _step(paths, "off")
    assert (first["changed"], second["changed"]) == (True, False)
    assert worker.told == ["del iris", "old: del iris"]
    assert paths.maintenance.read_text() == "other 60\n"
    assert (second["maintenance"], list(paths.notices.iterdir())) == (None, [])


def test_another_time_to_come_back_is_a_change(paths: Paths, worker: Worker) -> None:
    _step(paths, "on")
    assert _step(paths, "on", seconds=600)["changed"]
    assert (worker.entries["iris"], "set iris 600" in worker.told) == ("600", True)


def test_a_worker_that_lost_the_page_gets_it_again(paths: Paths, worker: Worker) -> None:
    _step(paths, "on")
    worker.entries.clear()
    assert _step(paths, "on")["changed"]
    assert worker.entries == {"iris": "120"}


def test_an_entry_by_hand_is_a_page_too(paths: Paths, worker: Worker) -> None:
    worker.entries["iris"] = "soon"
    read = {"step": "read", "app": "iris", "root": paths.root, "config_dir": paths.config}
    seen = run_edge_step({**read, "master_socket": "unused"}, check=False, diff=False)
    assert (seen["ok"], seen["maintenance"]) == (True, {"retry_seconds": None})
    assert _step(paths, "off")["changed"]
    assert worker.entries == {}


def test_check_mode_says_so_and_changes_nothing(paths: Paths, worker: Worker) -> None:
    assert _step(paths, "on", check=True)["changed"]
    assert (worker.told, paths.maintenance.read_text()) == ([], "other 60\n")


def test_every_switch_leaves_a_line_of_audit(paths: Paths, worker: Worker) -> None:
    for state in ("on", "on", "off"):
        assert _step(paths, state)["ok"], worker.told
    lines = (paths.root / "iris" / "audit.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [one["outcome"] for one in found] == ["on", "off"]
    assert {(one["verb"], one["owner"], one["run"]) for one in found} == {
        ("maintenance", "ana@laptop", "r-1")
    }


REFUSED: list[Any] = [
    pytest.param(
        {"state": "on", "app": "new"}, "new was never released at this edge", id="unknown"
    ),
    pytest.param({"state": "maybe"}, "found 'maybe'", id="neither on nor off"),
    pytest.param({"state": "on", "seconds": 0}, "found 0", id="at once"),
]


@pytest.mark.parametrize(("asked", "found"), REFUSED)
def test_refuses(asked: dict[str, Any], found: str, paths: Paths, worker: Worker) -> None:
    result = _step(paths, **asked)
    assert (result["ok"], result["problem"]["found"]) == (False, found)
    assert (worker.told, paths.maintenance.read_text()) == ([], "other 60\n")


def test_an_edge_without_such_a_page_says_how_to_get_it(paths: Paths, worker: Worker) -> None:
    worker.knows_map = False
    result = _step(paths, "on")
    assert result["problem"]["next"] == "./invoke provision, then this again"
    read = {"step": "read", "app": "iris", "root": paths.root, "config_dir": paths.config}
    seen = run_edge_step({**read, "master_socket": "unused"}, check=False, diff=False)
    assert (seen["ok"], seen["has_page"], seen["maintenance"]) == (True, False, None)


MAPS = [
    pytest.param("0x7f iris 120\n0x8f other 60\n\n", {"iris": "120", "other": "60"}, id="entries"),
    pytest.param("\n", {}, id="none"),
    pytest.param("Unknown map identifier. Please use #<id> or <file>.\n", None, id="no such map"),
]


@pytest.mark.parametrize(("text", "entries"), MAPS)
def test_reads_what_a_worker_shows(text: str, entries: dict[str, str] | None) -> None:
    assert parse_map(text) == entries


def test_another_environment_may_not_switch_it(paths: Paths, worker: Worker) -> None:
    owned = AppPaths(paths.root, "iris")
    owned.make()
    save_state(owned, State("iris", env="staging"))
    refused = _step(paths, "on", env="production")
    assert refused["problem"]["found"] == "iris on this host belongs to the environment staging"
    assert worker.told == []
    assert _step(paths, "on", env="staging")["ok"]
