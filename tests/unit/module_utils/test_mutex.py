"""What holds an application's mutex is said to whoever waits for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.files import exclusive
from ansible.module_utils.rollway.mutex import HOST_UNIT, Work, held_mutex
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.problem import Problem

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

GONE = {"scan_ticks": 200, "processes": []}
THEIRS = "deploy by ana@laptop since 2026-01-31T12:00:00Z (run theirs)"
ME = os.getpid()


def _work(host: FakeHost, *, step: str = "start", run: str = "theirs") -> Any:
    """Whoever does the step has the mutex for the length of a block."""
    work, paths = Work.now(step, run, host.clock), AppPaths(host.root, "iris")
    return held_mutex(paths, host.clock, seconds=0, work=work)


def _refused(host: FakeHost) -> dict[str, Any]:
    return host.step("acquire", run=a_run("ours"), alive=GONE)


WHO = [
    pytest.param("start", "theirs", f"the step start of {THEIRS}", id="the run that has the lock"),
    pytest.param("stage", "old", "the step stage of run old", id="one whose lock was released"),
    pytest.param("reap", HOST_UNIT, "the step reap of the host's own unit", id="the host itself"),
    pytest.param("maintain", "", "the step maintain", id="a step of no run"),
]


@pytest.mark.parametrize(("step", "run", "who"), WHO)
def test_a_step_that_still_runs_is_named_with_its_age(
    host: FakeHost, step: str, run: str, who: str
) -> None:
    host.step("acquire", run=a_run("theirs"))
    with _work(host, step=step, run=run):
        host.clock.now += 20
        refused = _refused(host)
    told = f"{who} still runs on this host, for 23 s now (process {ME})"
    assert refused["problem"]["found"] == told
    assert (refused["busy"]["step"], refused["busy"]["process"]) == (step, ME)
    assert _refused(host)["ok"]


def test_nobody_is_named_who_had_it_before(host: FakeHost) -> None:
    host.step("acquire", run=a_run("theirs"))
    with exclusive(host.root / "iris/mutex"):  # by hand
        refused = _refused(host)
    assert refused["problem"]["found"] == f"a step still runs on this host for {THEIRS}"
    assert refused["busy"] == {"step": "", "seconds": None, "left": None, "process": None}


LEFT = [
    pytest.param("start", 0.0, 597, id="ten minutes"),
    pytest.param("stage", 0.0, 3597, id="an hour where it may pull"),
    pytest.param("start", 900.0, 1497, id="its own deadline beside them"),
]


@pytest.mark.parametrize(("step", "expected", "left"), LEFT)
def test_how_long_a_step_may_take(host: FakeHost, step: str, expected: float, left: float) -> None:
    host.step("acquire", run=a_run("theirs"))
    with _work(host, step=step) as held:
        held.expect(host.clock, expected)
        assert _refused(host)["busy"]["left"] == pytest.approx(left, abs=0.2)


def test_a_start_says_what_its_services_may_take(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drain, then each service that others wait for, and at last all at once."""
    seen: list[dict[str, Any]] = []
    acquired = host.step("acquire", run=a_run("theirs"), services=[{"name": "api", "replicas": 1}])
    common = {"run": a_run("theirs"), "generation": acquired["generation"], "slot": "blue"}
    slow = {**a_manifest()["services"][0], "ready_deadline_seconds": 2000}
    manifest = a_manifest(services=[slow, a_manifest()["services"][1]])
    up = FakeHost._up

    def look(self: FakeHost, argv: list[str]) -> Any:
        seen.append(_refused(self)["busy"])
        return up(self, argv)

    monkeypatch.setattr(FakeHost, "_up", look)
    assert host.step("stage", **common, manifest=manifest, then_start=True)["ok"]
    assert seen[0]["step"] == "start"
    assert seen[0]["left"] == pytest.approx(600 + 30 + 2010 + 2000, abs=5)


def test_a_full_disk_hinders_no_step(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    assert host.step("acquire")["ok"]


def test_a_file_of_anything_else_tells_nothing(tmp_path: Path, host: FakeHost) -> None:
    paths = AppPaths(tmp_path, "iris")
    paths.make()
    work = Work.now("start", "r-1", host.clock)
    for content in (b"", b"[1]", b"\xff", b'{"step": "start"}'):
        with exclusive(paths.mutex):
            paths.mutex.write_bytes(content)
            with (
                pytest.raises(Problem, match="a step still runs on this host"),
                held_mutex(paths, host.clock, seconds=0, work=work),
            ):
                pass
