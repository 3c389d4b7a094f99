"""What is wrong on a host is named; a repair mends it and touches nothing that serves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway import doctor_host
from ansible.module_utils.rollway.command import Finished
from ansible.module_utils.rollway.doctor_host import nearly_full
from ansible.module_utils.rollway.engine import EngineProblem
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.state import State, save_state

from tests.unit.module_utils.fakes import FakeHost, a_run, connection, container

FIRST, SECOND = "1-1.0.0", "2-1.1.0"
API, WARM_API = "iris-green-api-1-1", "iris-blue-api-1-1"
NOBODY = {"scan_ticks": 200, "processes": []}


@pytest.fixture
def well(host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host that serves its second release, the first one warm; nothing is wrong yet."""
    monkeypatch.setattr(os, "chown", lambda *_: None)
    monkeypatch.setattr(doctor_host, "LAUNCHER", tmp_path / "rollway-host")
    monkeypatch.setattr(doctor_host, "nearly_full", lambda _: "")
    host.deploy(FIRST, "blue")
    host.deploy(SECOND, "green", old="blue")
    host.engine.log.clear()
    return host


def look(host: FakeHost, **changes: Any) -> dict[str, Any]:
    """Look without a repair: nothing changes."""
    before = _files(host)
    result = host.step("doctor", run=a_run("doctor-1"), mode="read", **changes)
    assert (result["ok"], result["changed"]) == (True, False), result["problem"]
    assert (_files(host), host.engine.log) == (before, [])
    return result


def fix(host: FakeHost, **changes: Any) -> dict[str, Any]:
    """Repair with the word of every edge; the lock is given back."""
    result = host.step("doctor", run=a_run("doctor-1"), **{"edges_told": True, **changes})
    assert result["ok"], result["problem"]
    assert not (host.root / "iris/lock.json").exists()
    return result


def _files(host: FakeHost) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in host.root.rglob("*") if one.is_file()}


def _rows(host: FakeHost, findings: list[dict[str, str]]) -> list[tuple[str, str, str]]:
    """Kind, place and fix of each."""
    return [
        (one["kind"], one["where"].replace(f"{host.root}/", ""), one["fix"]) for one in findings
    ]


def test_a_host_that_is_well(well: FakeHost) -> None:
    generation = well.state()["generation"]
    assert look(well)["findings"] == []
    result = fix(well)
    assert (result["findings"], result["repaired"]) == ([], [])
    assert well.state()["generation"] > generation
    assert well.engine.log == []


def test_a_host_that_never_had_the_application(well: FakeHost) -> None:
    assert fix(FakeHost(root=well.root.parent / "other"))["findings"] == []
    assert not (well.root.parent / "other").exists()


def _leave(host: FakeHost, name: str, project: str, **changes: Any) -> None:
    host.engine.here[name] = container(name, project, "api-1", **changes)


def _beside(host: FakeHost) -> None:
    _leave(host, f"0123456789ab_{API}", "iris-green", state="created")


def _alone(host: FakeHost) -> None:
    _leave(host, "0123456789ab_iris-accessories-db-1", "iris-accessories", state="created")


def _other_release(host: FakeHost) -> None:
    labels = {"io.rollway.release": "9-x"}
    _leave(host, "iris-green-old-1", "iris-green", state="exited", labels=labels)


def _stray(host: FakeHost) -> None:
    _leave(host, "old", "iris-red", state="exited", labels={"io.rollway.app": "iris"})


LEFT: list[Any] = [
    pytest.param(
        _beside,
        ("container", f"0123456789ab_{API}", "removes it"),
        [f"remove 0123456789ab_{API} without its volumes"],
        id="a temporary container beside the one it was to replace",
    ),
    pytest.param(
        _alone,
        (
            "container",
            "0123456789ab_iris-accessories-db-1",
            "starts it as iris-accessories-db-1",
        ),
        [
            "rename 0123456789ab_iris-accessories-db-1 iris-accessories-db-1",
            "start iris-accessories-db-1",
        ],
        id="a temporary container whose original is gone",
    ),
    pytest.param(
        _other_release,
        ("container", "iris-green-old-1", "removes it"),
        ["remove iris-green-old-1 without its volumes"],
        id="a stopped container of a release that is not there",
    ),
    pytest.param(
        _stray,
        ("container", "old", "removes it"),
        ["remove old without its volumes"],
        id="a stopped container in no slot",
    ),
]


@pytest.mark.parametrize(("change", "finding", "log"), LEFT)
def test_what_was_left_standing_is_mended(
    change: Callable[[FakeHost], None], finding: Any, log: list[str], well: FakeHost
) -> None:
    change(well)
    running = [name for name in well.running() if name in (API, WARM_API)]
    assert _rows(well, look(well)["findings"]) == [finding]
    result = fix(well)
    assert (result["findings"], _rows(well, result["repaired"])) == ([], [finding])
    assert well.engine.log == log
    assert [name for name in well.running() if name in (API, WARM_API)] == running


@pytest.mark.parametrize("status", ["running", "exited"])
def test_a_job_s_container_is_for_the_next_run(status: str, well: FakeHost) -> None:
    labels = {"io.rollway.app": "iris", "io.rollway.release": SECOND}
    well.engine.here["job"] = container("job", "iris-jobs", "migrate", state=status, labels=labels)
    well.engine.nets["iris-jobs_default"] = "iris-jobs"
    assert look(well)["findings"] == []


def test_a_slot_that_made_room_is_left_alone(well: FakeHost) -> None:
    state = State.from_json(well.state())
    blue = replace(state.slots["blue"], state="stopped", deadline=None, shifted_away_at=None)
    save_state(AppPaths(well.root, "iris"), state.with_slot("blue", blue))
    well.engine.here[WARM_API]["State"]["Status"] = "exited"
    assert look(well)["findings"] == []


@pytest.fixture
def single(well: FakeHost) -> FakeHost:
    """A host that serves its first release; the slot green is empty."""
    host = FakeHost(root=well.root.parent / "single")
    host.deploy(FIRST, "blue")
    host.engine.log.clear()
    return host


def test_a_slot_that_is_recorded_as_empty_is_cleared(single: FakeHost) -> None:
    _leave(single, "x", "iris-green")
    single.engine.nets["iris-green_default"] = "iris-green"
    finding = ("slot", "iris-green", "stops and removes them")
    assert _rows(single, look(single)["findings"]) == [finding]
    assert fix(single)["findings"] == []
    assert single.engine.log == [
        "stop x within 5",
        "remove x without its volumes",
        "remove network iris-green_default",
    ]


def test_networks_of_a_slot_that_is_recorded_as_empty_go(single: FakeHost) -> None:
    single.engine.nets["iris-green_default"] = "iris-green"
    assert [one["kind"] for one in fix(single)["repaired"]] == ["network"]
    assert "iris-green_default" not in single.engine.nets
    assert "iris-blue_default" in single.engine.nets


SERVING: list[Any] = [
    pytest.param({"serves": ["green"]}, False, id="an edge sends requests there"),
    pytest.param({}, True, id="somebody is connected"),
]


@pytest.mark.parametrize(("told", "is_connected"), SERVING)
def test_an_empty_slot_that_serves_is_only_named(
    told: dict[str, Any], is_connected: bool, single: FakeHost
) -> None:
    _leave(single, "x", "iris-green")
    single.connections = {100: [connection()]} if is_connected else {}
    assert _rows(single, fix(single, **told)["findings"]) == [("slot", "iris-green", "")]
    assert "x" in single.running()


@pytest.mark.parametrize("is_gone", [False, True], ids=["recorded as empty", "without a state"])
def test_what_a_silent_edge_may_use_is_only_named(is_gone: bool, single: FakeHost) -> None:
    _leave(single, "x", "iris-green")
    if is_gone:
        (single.root / "iris/state.json").unlink()
    running = single.running()
    found = fix(single, edges_told=False)["findings"]
    empty = ["iris-blue", "iris-green"] if is_gone else ["iris-green"]
    assert _rows(single, found) == [("slot", project, "") for project in empty]
    assert found[0]["next"] == "./invoke doctor --fix, once every edge answers"
    assert single.running() == running


def _run_named(host: FakeHost) -> None:
    _leave(host, "0123456789ab_iris-green-api-1-1", "iris-green")


def _run_stray(host: FakeHost) -> None:
    _leave(host, "mine", "scratch", labels={"io.rollway.app": "iris"})


@pytest.mark.parametrize("change", [_run_named, _run_stray], ids=["temporary", "stray"])
def test_what_runs_is_only_named(change: Callable[[FakeHost], None], well: FakeHost) -> None:
    change(well)
    result = fix(well)
    assert [(one["kind"], one["fix"]) for one in result["findings"]] == [("container", "")]
    assert result["findings"][0]["next"].startswith("docker ")
    assert well.engine.log == []


def test_a_warm_slot_without_its_timer_gets_one(
    well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_armed: list[bool] = []
    run = well.run

    def answer(argv: Any, **options: Any) -> Finished:
        is_armed.extend([True] if argv[0] == "systemd-run" else [])
        if argv[:2] == ["systemctl", "is-active"] and not is_armed:
            return Finished(3, "inactive\n", "")
        return run(argv, **options)

    monkeypatch.setattr(well, "run", answer)
    where = "rollway-reap-iris-blue.timer"
    assert _rows(well, look(well)["findings"]) == [("unit", where, "arms it, for 300 s")]
    assert fix(well)["findings"] == []
    assert is_armed


def test_a_warm_slot_that_may_serve_needs_no_timer(
    well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert well.step("acquire", run=a_run("lost"))["ok"]
    assert well.step("unlock", run=a_run("mine"), target="lost")["ok"]
    run = well.run

    def answer(argv: Any, **options: Any) -> Finished:
        is_asked = argv[:2] == ["systemctl", "is-active"]
        return Finished(3, "inactive\n", "") if is_asked else run(argv, **options)

    monkeypatch.setattr(well, "run", answer)
    assert fix(well)["findings"] == []


def test_a_boot_unit_that_is_off_is_for_provision(
    well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = well.run

    def answer(argv: Any, **options: Any) -> Finished:
        is_asked = argv[:2] == ["systemctl", "is-enabled"]
        return Finished(1, "disabled\n", "") if is_asked else run(argv, **options)

    monkeypatch.setattr(well, "run", answer)
    found = fix(well)["findings"]
    assert [(one["where"], one["found"], one["next"]) for one in found] == [
        ("rollway-boot.service", "disabled", "./invoke provision")
    ]


def test_ports_of_an_application_that_is_gone_are_freed(well: FakeHost) -> None:
    needs = [{"name": "web", "replicas": 1}]
    other = {"app": "gone", "run": a_run("r8"), "services": needs}
    assert well.step("acquire", **other)["ok"]
    for path in sorted((well.root / "gone").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (well.root / "gone").rmdir()
    assert _rows(well, look(well)["findings"]) == [("ports", "ports.json/gone", "frees them")]
    assert fix(well)["findings"] == []
    assert set(json.loads((well.root / "ports.json").read_text())["apps"]) == {"iris"}


def test_an_engine_that_does_not_answer_hides_the_containers(
    well: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any) -> Any:
        raise EngineProblem("/var/run/docker.sock", "the engine does not answer: refused")

    monkeypatch.setattr(well.engine, "version", silent)
    monkeypatch.setattr(well.engine, "containers", silent)
    found = look(well)["findings"]
    assert [(one["kind"], one["next"]) for one in found] == [("engine", "systemctl restart docker")]


def test_a_run_at_work_is_a_remark_and_refuses_a_repair(well: FakeHost) -> None:
    assert well.step("acquire", run=a_run("r9"))["ok"]
    _beside(well)
    looked = look(well)
    assert looked["remarks"] == [
        "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run r9)"
    ]
    result = well.step("doctor", run=a_run("doctor-1"))
    assert (result["ok"], result["outcome"]) == (False, "locked")
    assert looked["would_refuse"] == result["problem"]
    assert well.engine.log == []


def test_the_lock_of_a_dead_run_is_named_and_not_broken(well: FakeHost) -> None:
    assert well.step("acquire", run=a_run("r9"))["ok"]
    found = look(well, alive=NOBODY)["findings"]
    assert [(one["kind"], one["fix"]) for one in found] == [("lock", "")]
    assert found[0]["next"] == "./invoke abort, or ./invoke lock.release --run=r9"
    assert well.step("doctor", run=a_run("doctor-1"), alive=NOBODY)["outcome"] == "locked"
    assert (well.root / "iris/lock.json").exists()


DISKS: list[Any] = [
    pytest.param(50, 100, "", id="half free"),
    pytest.param(5, 100, "5.0 GiB of 100.0 are free", id="less than a tenth"),
    pytest.param(0.5, 2, "0.5 GiB of 2.0 are free", id="less than a GiB"),
]


@pytest.mark.parametrize(("free", "whole", "words"), DISKS)
def test_a_disk_that_is_nearly_full(free: float, whole: float, words: str) -> None:
    blocks = [int(part * (1 << 30) / 4096) for part in (whole, free, free)]
    disk = os.statvfs_result((4096, 4096, *blocks, 0, 0, 0, 0, 255))
    assert nearly_full(disk) == words
