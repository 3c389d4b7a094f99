"""Steps that change nothing: fenced, checked only, or asked with what is not allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run
from tests.unit.module_utils.steps_fixtures import FIRST, SECOND

STEPS: list[Any] = [
    pytest.param("stage", {"manifest": a_manifest(SECOND), "then_start": True}, id="stage"),
    pytest.param("start", {"release_id": FIRST}, id="start"),
    pytest.param("switch", {"release_id": FIRST, "old_slot": "blue"}, id="switch"),
    pytest.param("undo", {}, id="undo"),
    pytest.param("conclude", {"outcome": "bad", "release_id": FIRST}, id="conclude"),
]


@pytest.mark.parametrize(("step", "arguments"), STEPS)
def test_no_step_changes_anything_after_the_lock_was_lost(
    host: FakeHost, step: str, arguments: dict[str, Any]
) -> None:
    host.deploy(FIRST, "blue")
    slow = host.step("acquire", run=a_run("slow"))
    dead = {"scan_ticks": 200, "processes": []}
    host.step("acquire", run=a_run("other", pid=8), alive=dead)
    before = _everything(host)
    result = host.step(
        step, run=a_run("slow"), generation=slow["generation"], slot="green", **arguments
    )
    assert result["ok"] is False
    assert result["problem"]["found"] == (
        "lost the lock: held by deploy by ana@laptop since 2026-01-31T12:00:00Z (run other)"
    )
    assert _everything(host) == before


@pytest.mark.parametrize(("step", "arguments"), STEPS)
def test_a_step_of_an_earlier_generation_is_refused(
    host: FakeHost, step: str, arguments: dict[str, Any]
) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire")
    stale = acquired["generation"] - 1
    result = host.step(step, generation=stale, slot="green", **arguments)
    assert result["problem"]["found"] == (
        f"lost the lock: generation {acquired['generation']}, acquired {stale}"
    )


@pytest.mark.parametrize(("step", "arguments"), STEPS)
def test_check_mode_changes_nothing(host: FakeHost, step: str, arguments: dict[str, Any]) -> None:
    host.deploy(FIRST, "blue")
    before = _everything(host)
    result = host.step(step, check=True, generation=2, slot="green", **arguments)
    assert result["ok"], result["problem"]
    assert _everything(host) == before


INVALID: list[Any] = [
    pytest.param({"app": "../etc"}, "app", "found '../etc'", id="an application named like a path"),
    pytest.param(
        {"release_id": "1-a;reboot"}, "release_id", "found '1-a;reboot'", id="a shell command"
    ),
    pytest.param({"release_id": "1-..x"}, "release_id", "found '1-..x'", id="two dots"),
    pytest.param({"slot": "red"}, "slot", "found 'red'", id="a third slot"),
    pytest.param({"generation": None}, "generation", "not given", id="no generation"),
    pytest.param({"release_id": None}, "start/release_id", "not given", id="no release"),
    pytest.param({"run": {"id": "x"}}, "run", "not a run: 'controller'", id="half a run"),
]


@pytest.mark.parametrize(("arguments", "where", "found"), INVALID)
def test_arguments_that_are_not_allowed_are_refused(
    host: FakeHost, arguments: dict[str, Any], where: str, found: str
) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire")
    valid = {"generation": acquired["generation"], "release_id": FIRST, "slot": "green"}
    result = host.step("start", **{**valid, **arguments})
    assert result["ok"] is False
    assert (result["problem"]["where"], result["problem"]["found"]) == (where, found)


def test_an_address_that_is_none_is_refused_with_the_variable_to_set(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire")
    result = host.step(
        "start",
        generation=acquired["generation"],
        release_id=FIRST,
        slot="blue",
        address="app-1.example",
    )
    assert result["problem"] == {
        "where": "address",
        "found": "found 'app-1.example'",
        "accepted": "an IPv4 or IPv6 address",
        "next": "set rollway_address for this host in the inventory",
    }


def test_a_full_disk_is_a_problem_with_its_path(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible.module_utils.rollway import releases

    def full(path: Path, *_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", str(path))

    acquired = host.step("acquire")
    monkeypatch.setattr(releases, "write_atomic", full)
    result = host.step("stage", generation=acquired["generation"], manifest=a_manifest(FIRST))
    assert result["problem"]["found"] == "No space left on device"
    assert result["problem"]["where"].endswith("conf/app.yml")


def _everything(host: FakeHost) -> tuple[dict[str, bytes], list[str]]:
    files = (path for path in host.root.rglob("*") if path.is_file())
    return {str(path): path.read_bytes() for path in files}, list(host.engine.log)
