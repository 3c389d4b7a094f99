"""A run that lost its lock, in its sleep or by hand, changes nothing more on a host or an edge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import edge_reload, edge_steps, leave, slot, stage
from ansible.module_utils.rollway.call import Call
from ansible.module_utils.rollway.edge_call import Edge
from ansible.module_utils.rollway.edge_fence import Fence
from ansible.module_utils.rollway.edge_store import Paths
from ansible.module_utils.rollway.files import exclusive
from ansible.module_utils.rollway.haproxy_socket import Master
from ansible.module_utils.rollway.lock import Run, write_lock
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.problem import Problem
from ansible.module_utils.rollway.state import load_state

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, image_of

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
MINE, THEIRS = a_run("mine"), a_run("theirs", pid=9, start_ticks=150)
WEB = [{"name": "api", "replicas": 1}]
GONE = {"scan_ticks": 200, "processes": [[9, 150]]}
BACKEND = {"ready": "/ready", "hosts": [], "path": "/", "retry": ["GET"], "drain_seconds": 30}
TAKEN = "lost the lock: held by deploy by ana@laptop since 2026-01-31T12:00:00Z (run theirs)"

TWO_IMAGES = {"images": {"api": image_of("3-1.2.0"), "mail": image_of("another")}}
THIRD = a_manifest("3-1.2.0", **TWO_IMAGES)
STEPS: list[Any] = [
    pytest.param("stage", {"manifest": THIRD}, id="stage"),
    pytest.param("stage", {"manifest": THIRD, "then_start": True}, id="stage on"),
    pytest.param("start", {"release_id": SECOND}, id="start"),
    pytest.param("switch", {"release_id": SECOND, "old_slot": "blue"}, id="switch"),
    pytest.param("undo", {}, id="undo"),
    pytest.param(
        "conclude",
        {"release_id": SECOND, "outcome": "good", "active_slot": "green", "retention": 1},
        id="conclude",
    ),
]


def _halfway(host: FakeHost) -> dict[str, Any]:
    """A run that has started its release beside the one that serves; what its steps share."""
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire", run=MINE, services=WEB)
    common = {"run": MINE, "generation": acquired["generation"], "slot": "green"}
    assert host.step("stage", **common, manifest=a_manifest(SECOND), then_start=True)["ok"]
    return common


@pytest.mark.parametrize(("step", "arguments"), STEPS)
def test_a_holder_that_was_stopped_taken_over_and_goes_on_is_refused(
    step: str, arguments: dict[str, Any], host: FakeHost
) -> None:
    common = _halfway(host)
    assert host.step("acquire", run=THEIRS, alive=GONE, services=WEB)["taken_over"]["id"] == "mine"
    before = (host.state(), list(host.engine.log), list(host.commands))
    result = host.step(step, **common, **arguments)
    assert result["problem"]["found"] == TAKEN
    assert (host.state(), host.engine.log, host.commands) == before


class Losing(list[str]):
    """What was asked of the engine; with the entry of that number another run has the lock."""

    def __init__(self, number: int, lose: Callable[[], None]) -> None:
        super().__init__()
        self._number, self._lose = number, lose

    def append(self, entry: str) -> None:
        super().append(entry)
        if len(self) == self._number:
            self._lose()


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize(("step", "arguments"), STEPS)
def test_a_lock_that_is_lost_in_the_middle_of_a_step_ends_it_there(
    step: str,
    arguments: dict[str, Any],
    number: int,
    host: FakeHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No step lets that happen, it has the mutex; a person who removes files may."""
    for module in (slot, stage):
        monkeypatch.setattr(module, "each", _one_by_one)
    common = _halfway(host)
    host.engine.stop("iris-green-api-1-1", grace_seconds=1)
    paths = AppPaths(host.root, "iris")
    log = Losing(number, lambda: write_lock(paths, Run.from_json(THEIRS)))
    host.engine.log = log
    result = host.step(step, **common, **arguments)
    if result["ok"]:  # it ended before, or asked no more of the engine
        assert len(log) <= number
        return
    assert result["problem"]["found"] == TAKEN
    assert len(log) == number
    assert host.state()["generation"] == common["generation"]


def _one_by_one(items: Iterable[Any], act: Callable[[Any], object]) -> None:
    """In the place of threads, of which one may have looked just before."""
    for item in items:
        act(item)


def test_no_timer_is_set_for_a_run_that_lost_its_lock(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    common = _halfway(host)
    call = Call(AppPaths(host.root, "iris"), Run.from_json(MINE), host.tools, common["generation"])
    armed: list[object] = []
    monkeypatch.setattr(leave, "arm", lambda *given, **_: armed.append(given))
    state = load_state(call.paths)
    leave.keep_warm(call, state, "blue", seconds=1)
    write_lock(call.paths, Run.from_json(THEIRS))
    with pytest.raises(Problem, match="lost the lock"):
        leave.keep_warm(call, state, "blue", seconds=1)
    assert len(armed) == 1


class Untouched(Master):
    """A HAProxy that must not be asked for anything."""

    def _send(self, line: str) -> str:
        raise AssertionError(line)


def _edge_step(root: Path, step: str, **changes: Any) -> dict[str, Any]:
    params = {
        "app": "iris",
        "step": step,
        "root": str(root),
        "config_dir": str(root / "haproxy"),
        "master_socket": "unused",
        "backend": BACKEND,
        "servers": [],
        "probe": [],
        "probe_seconds": 0,
        "observe_seconds": 0,
        "release_servers": [],
        "looks": 1,
        "back": None,
        "run_id": "mine",
        **changes,
    }
    return edge_steps.run_edge_step(params, check=False, diff=False)


@pytest.fixture
def edge(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """An edge that runs lock, and whose HAProxy nobody may reach."""
    monkeypatch.setattr(edge_steps, "Master", Untouched)
    fragment = host.root / "haproxy/rollway.d/iris.cfg"
    fragment.parent.mkdir(parents=True)
    fragment.write_text("backend rollway_iris\n")
    return host


@pytest.mark.parametrize("step", ["apply", "load", "remove"])
def test_an_edge_refuses_a_holder_that_was_taken_over(step: str, edge: FakeHost) -> None:
    taken = edge.step("acquire", kind="edge", run=MINE)
    edge.step("acquire", kind="edge", run=THEIRS, alive=GONE)
    mine = {"run": MINE, "generation": taken["generation"]}
    assert _edge_step(edge.root, step, **mine)["problem"]["found"] == TAKEN


def test_an_edge_refuses_another_generation_and_a_lock_that_nobody_has(edge: FakeHost) -> None:
    never = _edge_step(edge.root, "apply", run=MINE, generation=1)
    assert never["problem"]["found"] == "lost the lock: held by nobody"
    edge.step("acquire", kind="edge", run=MINE)
    edge.step("acquire", kind="edge", run=MINE)
    late = _edge_step(edge.root, "apply", run=MINE, generation=1)
    assert late["problem"]["found"] == "lost the lock: generation 2, acquired 1"
    assert _edge_step(edge.root, "apply", run=MINE)["problem"]["where"] == "generation"


def test_without_a_run_an_edge_is_changed_only_while_nobody_has_the_lock(edge: FakeHost) -> None:
    edge.step("acquire", kind="edge", run=THEIRS)
    problem = _edge_step(edge.root, "apply")["problem"]
    assert (problem["found"], problem["accepted"]) == (
        TAKEN.replace("lost the lock: ", ""),
        "no run",
    )
    with pytest.raises(AssertionError):  # it gets as far as HAProxy
        _edge_step(edge.root / "elsewhere", "remove", config_dir=str(edge.root / "haproxy"))


def test_the_lock_of_an_edge_that_is_an_app_host_is_that_of_the_host(edge: FakeHost) -> None:
    taken = edge.step("acquire", kind="edge", run=THEIRS)
    assert taken["ok"]
    asked = {"run": MINE, "generation": 1, "lock_root": str(edge.root)}
    assert _edge_step(edge.root / "other", "apply", **asked)["problem"]["found"] == TAKEN


def test_a_change_of_an_edge_holds_the_mutex_of_the_application(edge: FakeHost) -> None:
    taken = edge.step("acquire", kind="edge", run=MINE)
    fence = Fence(AppPaths(edge.root, "iris"), Run.from_json(MINE), taken["generation"])
    with fence.held(), pytest.raises(BlockingIOError), exclusive(fence.paths.mutex, wait=False):
        pass


class Told(Master):
    """Keeps what it is told."""

    told: Sequence[str] = ()

    def _send(self, line: str) -> str:
        object.__setattr__(self, "told", [*self.told, line])
        return ""


def test_each_line_to_the_socket_and_each_file_is_fenced(edge: FakeHost) -> None:
    taken = edge.step("acquire", kind="edge", run=MINE)
    paths = AppPaths(edge.root, "iris")
    master = Told("unused")
    fence = Fence(paths, Run.from_json(MINE), taken["generation"])
    mine = Edge(Paths(edge.root, edge.root / "haproxy"), master, fence)
    many = [f"set server rollway_iris/app-{number}-blue-1 state ready" for number in range(300)]
    mine.tell(7, many)
    assert len(master.told) > 1  # more than one line's worth
    write_lock(paths, Run.from_json(THEIRS))
    file = edge.root / "haproxy/rollway.d/iris.cfg"
    before, told = file.read_text(), list(master.told)
    with pytest.raises(Problem, match="lost the lock"):
        mine.tell(7, many)
    with pytest.raises(Problem, match="lost the lock"):
        mine.write({file: "changed"})
    assert (file.read_text(), list(master.told)) == (before, told)


def test_a_lock_lost_before_the_reload_puts_the_files_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_reload, "check_configuration", lambda *_: None)
    file, asked = tmp_path / "iris.cfg", iter([None, Problem("lock.json", "lost the lock")])
    file.write_text("before")

    def fence() -> None:
        if lost := next(asked):
            raise lost

    with pytest.raises(Problem, match="lost the lock"):
        edge_reload.reload_with(Paths(tmp_path), Untouched("unused"), {file: "after"}, fence=fence)
    assert file.read_text() == "before"
