from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.lock import read_freeze, read_lock
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.problem import Problem
from ansible.module_utils.rollway.releases import load_manifest
from ansible.module_utils.rollway.sealed import SCHEMA, checksum, read_sealed, write_sealed
from ansible.module_utils.rollway.state import Slot, State, load_state, save_state

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_sealed(tmp_path / "x.json", {"name": "Žižek", "n": 1})
    assert read_sealed(tmp_path / "x.json") == {"name": "Žižek", "n": 1}
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == 0o600


FIRST = "1-1.0.0"
ODD = "Ana \U0001f600"  # beyond the 16 bits of a `\\u`: written as a pair of them
Read = Callable[[AppPaths], object]
FILES: list[Any] = [
    pytest.param("state.json", load_state, id="state.json"),
    pytest.param("lock.json", read_lock, id="lock.json"),
    pytest.param("freeze.json", read_freeze, id="freeze.json"),
    pytest.param(
        f"releases/{FIRST}/release.json",
        lambda paths: load_manifest(paths, FIRST),
        id="release.json",
    ),
]


@pytest.fixture
def whole(host: FakeHost) -> FakeHost:
    """A host with one file of each kind."""
    host.deploy(FIRST, "blue")
    host.step("acquire", run={**a_run(), "owner": ODD})
    assert host.step("freeze", run={**a_run("frozen"), "reason": ODD})["ok"]
    return host


def _is_refused(path: Path, data: bytes, read: Read, paths: AppPaths) -> bool:
    """Whether reading it raises Problem with its path, and leaves it as it is."""
    path.write_bytes(data)
    try:
        read(paths)
    except Problem as problem:
        return problem.data["where"] == str(path) and path.read_bytes() == data
    return False


@pytest.mark.parametrize(("name", "read"), FILES)
def test_a_file_cut_at_any_byte_is_refused_and_kept(name: str, read: Read, whole: FakeHost) -> None:
    paths = AppPaths(whole.root, "iris")
    path = paths.folder / name
    data = path.read_bytes()
    read(paths)
    lost = [size for size in range(len(data)) if not _is_refused(path, data[:size], read, paths)]
    assert lost == []


@pytest.mark.parametrize("change", [0x01, 0x03, 0x20, 0x80, 0xFF], ids=hex)
@pytest.mark.parametrize(("name", "read"), FILES)
def test_a_file_with_any_byte_changed_is_refused_and_kept(
    name: str, read: Read, change: int, whole: FakeHost
) -> None:
    paths = AppPaths(whole.root, "iris")
    path = paths.folder / name
    data = path.read_bytes()
    taken = []
    for place, byte in enumerate(data):
        changed = data[:place] + bytes([byte ^ change]) + data[place + 1 :]
        taken += [] if _is_refused(path, changed, read, paths) else [place]
    assert taken == []


@pytest.mark.parametrize("name", ["state.json", "lock.json", f"releases/{FIRST}/release.json"])
def test_no_step_overwrites_a_file_that_is_cut(name: str, host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    acquired = host.step("acquire")
    common = {"generation": acquired["generation"], "slot": "blue", "release_id": FIRST}
    path = host.root / "iris" / name
    data = path.read_bytes()
    for size in range(0, len(data), 61):
        path.write_bytes(data[:size])
        steps = [host.step("acquire"), host.step("stage", **common, manifest=a_manifest(FIRST))]
        if name != f"releases/{FIRST}/release.json":  # a host has to become free without it
            steps.append(host.step("conclude", **common, outcome="aborted"))
        assert {result["problem"]["where"] for result in steps} == {str(path)}
        assert path.read_bytes() == data[:size]


def test_a_state_of_the_first_schema_is_read_and_rewritten(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    path = host.root / "iris/state.json"
    old = {**json.loads(path.read_text()), "schema": 1}
    path.write_text(json.dumps({**old, "checksum": checksum(old)}))
    assert host.step("acquire")["ok"]
    assert json.loads(path.read_text())["schema"] == SCHEMA


def test_a_release_without_a_checksum_is_read_and_gets_one_when_it_is_staged(
    host: FakeHost,
) -> None:
    host.deploy(FIRST, "blue")
    path = host.root / f"iris/releases/{FIRST}/release.json"
    path.write_text(json.dumps(a_manifest(FIRST), sort_keys=True))
    acquired = host.step("acquire")
    assert acquired["manifests"][FIRST]["version"] == "1.0.0"
    common = {"generation": acquired["generation"], "manifest": a_manifest(FIRST)}
    assert host.step("stage", **common, check=True)["changed"] is False
    assert host.step("stage", **common)["changed"] is True
    assert json.loads(path.read_text())["manifest"] == a_manifest(FIRST)
    assert host.step("stage", **common)["changed"] is False


CHANGED: list[Any] = [
    pytest.param({"generation": 4}, "the checksum does not match the content", id="a value"),
    pytest.param({"schema": 3}, "found schema 3", id="a later schema"),
    pytest.param({"checksum": "0"}, "the checksum does not match the content", id="the checksum"),
]


@pytest.mark.parametrize(("changes", "found"), CHANGED)
def test_a_file_that_something_else_changed_is_refused(
    tmp_path: Path, changes: dict[str, Any], found: str
) -> None:
    path = tmp_path / "state.json"
    write_sealed(path, State("iris").to_json())
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(Problem) as caught:
        read_sealed(path)
    assert caught.value.data["found"] == found
    assert caught.value.data["next"] == "./invoke doctor, then ./invoke doctor --fix"


def test_what_a_newer_rollway_wrote_beside_stays_in_a_state(tmp_path: Path) -> None:
    paths = AppPaths(tmp_path, "iris")
    paths.make()
    write_sealed(paths.state, {**State("iris").to_json(), "leases": {"beat": 3}})
    save_state(paths, replace(load_state(paths), generation=4))
    content = read_sealed(paths.state) or {}
    assert (content["generation"], content["leases"]) == (4, {"beat": 3})
    assert "unknown" not in content


def test_the_state_of_another_application_is_refused(tmp_path: Path) -> None:
    paths = AppPaths(tmp_path, "iris")
    paths.make()
    write_sealed(paths.state, State("other").to_json())
    with pytest.raises(Problem, match="belongs to app 'other'"):
        load_state(paths)


def test_a_sealed_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    paths = AppPaths(tmp_path, "iris")
    paths.make()
    write_sealed(paths.state, {"app": "iris"})
    with pytest.raises(Problem, match="not a state file"):
        load_state(paths)


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    paths = AppPaths(tmp_path, "iris")
    paths.make()
    state = State("iris", generation=2, active="blue").with_slot(
        "blue", Slot("1-a", "a", "running")
    )
    save_state(paths, state)
    assert load_state(paths) == state


def test_a_broken_state_stops_a_run_before_it_takes_the_lock(host: FakeHost) -> None:
    host.deploy("1-1.0.0", "blue")
    path = host.root / "iris/state.json"
    path.write_text("{}")
    result = host.step("acquire")
    assert result["problem"]["where"] == str(path)
    assert path.read_text() == "{}"
    assert not (host.root / "iris/lock.json").exists()
