"""A host without room for two releases: stop first, start, and the way back."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import sealed, start, state
from ansible.module_utils.rollway.boot import boot

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run, connection

FIRST, SECOND, THIRD = "1-1.0.0", "2-1.1.0", "3-1.2.0"
NEVER_READY = {"api-1": {"health": "unhealthy"}}
OLD, NEW = "iris-blue-api-1-1", "iris-green-api-1-1"


@pytest.fixture
def serving(host: FakeHost) -> FakeHost:
    """A host that serves the first release in blue."""
    host.deploy(FIRST, "blue")
    host.engine.log.clear()
    return host


def _staged(host: FakeHost, slot: str = "green", release: str = SECOND) -> dict[str, Any]:
    """Acquire and stage; what the steps after it need."""
    acquired = host.step("acquire", run=a_run("run-x"), services=[{"name": "api", "replicas": 1}])
    common = {"run": a_run("run-x"), "generation": acquired["generation"], "slot": slot}
    assert host.step("stage", **common, manifest=a_manifest(release))["ok"]
    return common


def _start(host: FakeHost, common: dict[str, Any], release: str = SECOND) -> dict[str, Any]:
    return host.step("start", **common, release_id=release, stops_first=True)


def _undo(host: FakeHost, common: dict[str, Any]) -> dict[str, Any]:
    return host.step("undo", **common, stops_first=True)


def test_the_old_slot_stands_still_before_the_new_one_comes_up(serving: FakeHost) -> None:
    result = _start(serving, _staged(serving))
    log = serving.engine.log
    assert result["ok"], result["problem"]
    assert log.index(f"stop {OLD} within 5") < log.index(f"up {NEW}")
    assert serving.slots() == {"blue": (FIRST, "stopped"), "green": (SECOND, "running")}
    assert serving.state()["active"] == "green"  # a reboot brings back what is up
    assert serving.running() == ["iris-blue-mail-1-1", NEW]


def test_without_it_the_old_slot_runs_on(serving: FakeHost) -> None:
    assert serving.step("start", **_staged(serving), release_id=SECOND)["ok"]
    assert serving.slots()["blue"] == (FIRST, "running")
    assert serving.state()["active"] == "blue"


def test_it_is_recorded_as_stopped_before_anything_stops(serving: FakeHost) -> None:
    common, seen = _staged(serving), []
    stop = serving.engine.stop

    def watched(container: str, *, grace_seconds: float) -> None:
        seen.append(serving.slots()["blue"][1])
        stop(container, grace_seconds=grace_seconds)

    serving.engine.stop = watched  # type: ignore[method-assign]
    _start(serving, common)
    assert seen == ["stopped"]


def test_a_boot_keeps_it_stopped_and_its_workers_at_work(serving: FakeHost) -> None:
    _start(serving, _staged(serving))
    serving.engine.here[OLD]["State"]["Status"] = "running"
    said = list(boot(serving.root, serving.tools))
    assert said[0] == "iris blue: makes room for another release, stays stopped"
    assert serving.running() == ["iris-blue-mail-1-1", NEW]


def test_a_run_that_ends_midway_leaves_it_stopped(serving: FakeHost) -> None:
    common = _staged(serving)
    _start(serving, common)
    ended = {"run": common["run"], "generation": common["generation"]}
    record = {"result": "aborted", "verb": "deploy"}
    assert serving.step("conclude", **ended, outcome="aborted", record=record)["ok"]
    assert serving.slots() == {"blue": (FIRST, "stopped"), "green": (SECOND, "running")}
    assert serving.state()["phase"]["step"] == "start"


def test_it_waits_until_nobody_is_connected(serving: FakeHost) -> None:
    common = _staged(serving)
    pid = serving.engine.here[OLD]["State"]["Pid"]
    serving.connections[pid] = [connection()]
    serving.clock.after(3.0, serving.connections.clear)
    assert _start(serving, common)["cut"] == {}


def test_who_stays_longer_than_the_drain_is_cut_and_counted(serving: FakeHost) -> None:
    common = _staged(serving)
    serving.connections[serving.engine.here[OLD]["State"]["Pid"]] = [connection()]
    assert _start(serving, common)["cut"][OLD] == 1


def test_a_release_that_never_is_ready_leaves_the_old_one_running(serving: FakeHost) -> None:
    common = _staged(serving)
    serving.comes_up = NEVER_READY
    result = _start(serving, common)
    assert "is unhealthy" in result["problem"]["found"]
    assert serving.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    assert serving.running() == [OLD, "iris-blue-mail-1-1"]
    assert serving.state()["active"] == "blue"


def test_what_hinders_the_way_back_is_told_too(serving: FakeHost) -> None:
    common = _staged(serving)
    serving.comes_up = NEVER_READY
    serving.answers = lambda *_: "connection refused"
    found = _start(serving, common)["problem"]["found"]
    assert "; and what served before: not ready after" in found
    assert serving.slots()["blue"] == (FIRST, "stopped")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on no record can be written."""
    is_full: list[bool] = []
    write = sealed.write_sealed

    def written(path: Path, content: Any) -> None:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(state, "write_sealed", written)
    return lambda: is_full.append(True)


def test_a_disk_that_fills_up_leaves_the_old_slot_running(
    serving: FakeHost, full_disk: Callable[[], None]
) -> None:
    common, stop = _staged(serving), serving.engine.stop

    def filling(container: str, *, grace_seconds: float) -> None:
        full_disk()
        stop(container, grace_seconds=grace_seconds)

    serving.engine.stop = filling  # type: ignore[method-assign]
    result = _start(serving, common)
    assert (result["ok"], "No space left" in result["problem"]["found"]) == (False, True)
    assert serving.running() == [OLD, "iris-blue-mail-1-1"]
    undone = _undo(serving, common)
    assert (undone["ok"], undone["problem"]["next"]) == (False, "df -h")
    assert serving.running() == [OLD, "iris-blue-mail-1-1"]


def test_a_disk_that_fills_up_under_the_values_leaves_the_old_slot_running(
    serving: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "slot-green.env")

    monkeypatch.setattr(start, "write_environment", fails)
    result = _start(serving, _staged(serving))
    assert (result["ok"], result["problem"]["where"]) == (False, "slot-green.env")
    assert serving.running() == [OLD, "iris-blue-mail-1-1"]
    assert serving.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}


def test_undo_on_a_full_disk_brings_the_old_slot_back_without_a_record(
    serving: FakeHost, full_disk: Callable[[], None]
) -> None:
    common = _staged(serving)
    assert _start(serving, common)["ok"]
    full_disk()
    assert not _undo(serving, common)["ok"]
    assert serving.running() == [OLD, "iris-blue-mail-1-1"]


def test_undo_ends_the_new_slot_and_brings_the_old_one_back(serving: FakeHost) -> None:
    common = _staged(serving)
    _start(serving, common)
    serving.step("switch", **common, release_id=SECOND, old_slot="blue")
    result = _undo(serving, common)
    assert (result["ok"], result["restored"]) == (True, True)
    assert serving.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    assert serving.running() == [OLD, "iris-blue-mail-1-1"]
    assert serving.state()["active"] == "blue"
    assert serving.engine.log.index(f"remove {NEW}") < serving.engine.log.index(f"start {OLD}")


def test_undo_a_second_time_or_without_a_need_changes_nothing(serving: FakeHost) -> None:
    common = _staged(serving)
    assert _undo(serving, common)["changed"] is False
    _start(serving, common)
    _undo(serving, common)
    again = _undo(serving, common)
    assert (again["changed"], again["restored"]) == (False, False)


def test_a_good_end_leaves_nothing_of_the_slot_that_was_stopped(serving: FakeHost) -> None:
    common = _staged(serving)
    _start(serving, common)
    serving.step("switch", **common, release_id=SECOND, old_slot="blue")
    serving.step("conclude", **common, release_id=SECOND, outcome="good", active_slot="green")
    assert serving.slots() == {"blue": (None, "empty"), "green": (SECOND, "running")}
    assert serving.running() == [NEW, "iris-green-mail-1-1"]


ENDS: list[Any] = [
    pytest.param("bad", id="a run that goes back"),
    pytest.param("good", id="a run that tolerates this host"),
]


@pytest.mark.parametrize("outcome", ENDS)
def test_the_end_of_a_run_lets_a_slot_serve_that_nobody_brought_back(
    serving: FakeHost, outcome: str
) -> None:
    common = _staged(serving)
    _start(serving, common)
    ended = serving.step(
        "conclude", **common, release_id=SECOND, outcome=outcome, active_slot="blue"
    )
    assert ended["ok"], ended["problem"]
    assert serving.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    assert serving.running() == [OLD, "iris-blue-mail-1-1"]
    assert serving.state()["active"] == "blue"


def test_a_run_that_was_killed_between_stop_and_start_is_gone_on_with(serving: FakeHost) -> None:
    common = _staged(serving)
    serving.up_fails = "killed"
    serving.answers = lambda *_: "connection refused"
    _start(serving, common)
    serving.up_fails, serving.answers = "", lambda *_: ""
    assert serving.slots()["blue"] == (FIRST, "stopped")
    dead = {"scan_ticks": 200, "processes": []}
    acquired = serving.step("acquire", run=a_run("run-y"), alive=dead)
    again = {"run": a_run("run-y"), "generation": acquired["generation"], "slot": "green"}
    assert _start(serving, again)["ok"]
    assert serving.slots() == {"blue": (FIRST, "stopped"), "green": (SECOND, "running")}


def test_a_stopped_slot_is_filled_again_without_a_drain(serving: FakeHost) -> None:
    common = _staged(serving)
    _start(serving, common)
    serving.step("conclude", **common, outcome="aborted")
    again = _staged(serving, "blue", THIRD)
    before = serving.clock.now
    assert _start(serving, again, THIRD)["ok"]
    assert serving.clock.now - before < 1
    assert serving.slots() == {"blue": (THIRD, "running"), "green": (SECOND, "stopped")}


@pytest.mark.parametrize("is_ready", [True, False], ids=["it is ready", "it never is"])
def test_another_release_takes_the_place_of_one_that_nobody_judged(
    serving: FakeHost, is_ready: bool
) -> None:
    """A killed run left it in the new slot; what that had stopped is what the host returns to."""
    _start(serving, _staged(serving))
    common = _staged(serving, release=THIRD)
    if not is_ready:
        serving.comes_up = NEVER_READY
    assert _start(serving, common, THIRD)["ok"] is is_ready
    if is_ready:
        assert serving.slots() == {"blue": (FIRST, "stopped"), "green": (THIRD, "running")}
        assert _undo(serving, common)["ok"]
    assert serving.slots() == {"blue": (FIRST, "running"), "green": (None, "empty")}
    assert serving.state()["active"] == "blue"
    assert OLD in serving.running()


def test_check_mode_stops_nothing(serving: FakeHost) -> None:
    common = _staged(serving)
    before = json.dumps(serving.state())
    assert serving.step("start", **common, release_id=SECOND, stops_first=True, check=True)["ok"]
    assert (json.dumps(serving.state()), serving.running()) == (
        before,
        [OLD, "iris-blue-mail-1-1"],
    )
