"""What is wrong on a host is named; a repair mends it and touches nothing that serves."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.rollway.command import Finished
from ansible.module_utils.rollway.doctor_host import nearly_full
from ansible.module_utils.rollway.engine import EngineProblem

from tests.unit.module_utils.doctor_fixtures import (
    API,
    SECOND,
    WARM_API,
    fix,
    leave,
    look,
    rows,
)
from tests.unit.module_utils.fake_engine import container
from tests.unit.module_utils.fakes import FakeHost, a_run

NOBODY = {"scan_ticks": 200, "processes": []}


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


def _beside(host: FakeHost) -> None:
    leave(host, f"0123456789ab_{API}", "iris-green", state="created")


def _alone(host: FakeHost) -> None:
    leave(host, "0123456789ab_iris-accessories-db-1", "iris-accessories", state="created")


def _other_release(host: FakeHost) -> None:
    labels = {"io.rollway.release": "9-x"}
    leave(host, "iris-green-old-1", "iris-green", state="exited", labels=labels)


def _stray(host: FakeHost) -> None:
    leave(host, "old", "iris-red", state="exited", labels={"io.rollway.app": "iris"})


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
    assert rows(well, look(well)["findings"]) == [finding]
    result = fix(well)
    assert (result["findings"], rows(well, result["repaired"])) == ([], [finding])
    assert well.engine.log == log
    assert [name for name in well.running() if name in (API, WARM_API)] == running


@pytest.mark.parametrize("status", ["running", "exited"])
def test_a_job_s_container_is_for_the_next_run(status: str, well: FakeHost) -> None:
    labels = {"io.rollway.app": "iris", "io.rollway.release": SECOND}
    well.engine.here["job"] = container("job", "iris-jobs", "migrate", state=status, labels=labels)
    well.engine.nets["iris-jobs_default"] = "iris-jobs"
    assert look(well)["findings"] == []


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
    assert rows(well, look(well)["findings"]) == [("ports", "ports.json/gone", "frees them")]
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
        "locked by deploy by ana@laptop since 2026-01-31T12:00:00Z (run r9), which is at work"
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
