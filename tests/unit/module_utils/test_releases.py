from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.manifest import Manifest
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.problem import Problem
from ansible.module_utils.rollway.releases import (
    is_written,
    kept_releases,
    load_manifest,
    surplus,
    write_release,
)
from ansible.module_utils.rollway.state import Slot, State

from tests.unit.module_utils.fakes import a_manifest


@pytest.fixture
def paths(tmp_path: Path) -> AppPaths:
    found = AppPaths(tmp_path / "rollway", "iris")
    found.make()
    return found


def test_a_release_lies_whole_on_the_host_with_modes_its_containers_can_use(
    paths: AppPaths,
) -> None:
    before = os.umask(0o077)
    try:
        write_release(paths, Manifest.from_json(a_manifest()))
    finally:
        os.umask(before)
    folder = paths.release("1-1.0.0")
    modes = {
        str(path.relative_to(folder)): oct(path.stat().st_mode & 0o777)
        for path in folder.rglob("*")
    }
    assert modes == {
        "compose.yml": "0o600",
        "release.json": "0o600",
        "files": "0o755",
        "files/conf": "0o755",
        "files/conf/app.yml": "0o400",
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    assert load_manifest(paths, "1-1.0.0").content == a_manifest()


def test_what_a_killed_run_left_half_written_is_no_release(paths: AppPaths) -> None:
    draft = paths.releases / ".1-1.0.0"
    draft.mkdir()
    (draft / "release.json").write_text("{}")
    assert kept_releases(paths) == []
    write_release(paths, Manifest.from_json(a_manifest()))
    assert kept_releases(paths) == ["1-1.0.0"]


def test_another_release_under_the_same_id_is_refused(paths: AppPaths) -> None:
    write_release(paths, Manifest.from_json(a_manifest()))
    with pytest.raises(Problem, match="holds another release"):
        is_written(paths, Manifest.from_json(a_manifest(hash="0" * 64)))


def test_a_release_that_is_not_here_names_those_that_are(paths: AppPaths) -> None:
    write_release(paths, Manifest.from_json(a_manifest()))
    with pytest.raises(Problem, match=r"not on the host; accepted: 1-1\.0\.0"):
        load_manifest(paths, "9-9.0.0")


SPOILED: list[Any] = [
    pytest.param({"path": "../x"}, "found path '../x'", id="a path out of the release"),
    pytest.param({"content_base64": "eA=="}, "its content has sha256", id="another content"),
    pytest.param({"content_base64": "!"}, "not base64", id="no base64"),
]


@pytest.mark.parametrize(("changes", "found"), SPOILED)
def test_a_spoiled_file_is_refused(paths: AppPaths, changes: dict[str, str], found: str) -> None:
    manifest = a_manifest()
    manifest["files"] = [{**manifest["files"][0], **changes}]
    with pytest.raises(Problem, match=found):
        write_release(paths, Manifest.from_json(manifest))
    assert kept_releases(paths) == []


NO_MANIFEST: list[Any] = [
    pytest.param({"services": None}, id="no services"),
    pytest.param({"images": {"api": "--privileged"}}, id="an option instead of an image"),
    pytest.param({"id": "../1"}, id="an id that leads elsewhere"),
    pytest.param({"volumes": ["/etc"]}, id="a path instead of a volume"),
    pytest.param({"http": {"service": "api", "ready": "x y"}}, id="half an http"),
]


@pytest.mark.parametrize("changes", NO_MANIFEST)
def test_what_is_no_manifest_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Problem):
        Manifest.from_json(a_manifest(**changes))


def test_retention_counts_by_number_and_spares_what_is_needed(paths: AppPaths) -> None:
    for number in (1, 2, 3, 9, 10, 11):
        write_release(paths, Manifest.from_json(a_manifest(f"{number}-1.0")))
    state = State("iris", last_good="1-1.0").with_slot("blue", Slot("2-1.0", "1.0", "warm"))
    assert surplus(paths, state, retention=2, keep=["3-1.0"]) == ["9-1.0"]
