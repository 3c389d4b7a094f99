from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from rollway.config.problems import Problems
from rollway.release.files import LARGEST_BYTES, Owner, ReleaseFiles
from tests.unit.release.app_fixtures import write

PLACE = "\x00{ROLLWAY_FILES}\x00"


@pytest.fixture
def files(tmp_path: Path) -> ReleaseFiles:
    write(tmp_path, "conf/a.conf", "a\n")
    write(tmp_path, "conf/run.sh", "#!/bin/sh\n", mode=0o755)
    write(tmp_path, "conf/deep/b.conf", "b\n")
    (tmp_path / "secret").write_text("outside")
    return ReleaseFiles(tmp_path / "iris", Problems("file"))


def test_a_file_is_taken_along(files: ReleaseFiles) -> None:
    assert files.add_tree("./conf/a.conf", "binds", "path") == f"{PLACE}/binds/conf/a.conf"
    assert files.as_list() == [
        {
            "path": "binds/conf/a.conf",
            "sha256": hashlib.sha256(b"a\n").hexdigest(),
            "mode": "0644",
            "content_base64": base64.b64encode(b"a\n").decode(),
        }
    ]


def test_a_name_too_long_for_a_file_is_a_problem(files: ReleaseFiles) -> None:
    assert files.read("x" * 5000, "services/api/env_file") is None
    (problem,) = files.problems.found
    assert problem == (
        f"services/api/env_file: '{'x' * 254}… is not there; accepted: a file or folder"
    )


def test_a_folder_is_taken_along_whole(files: ReleaseFiles) -> None:
    assert files.add_tree("conf/", "binds", "path") == f"{PLACE}/binds/conf"
    assert [(one["path"], one["mode"]) for one in files.as_list()] == [
        ("binds/conf/a.conf", "0644"),
        ("binds/conf/deep/b.conf", "0644"),
        ("binds/conf/run.sh", "0755"),
    ]
    assert files.problems.found == []


def test_the_whole_application_is_a_folder_too(files: ReleaseFiles) -> None:
    assert files.add_tree(".", "binds", "path") == f"{PLACE}/binds"
    assert len(files.entries) == 3


def test_a_file_of_content_has_a_mode_and_an_owner(files: ReleaseFiles) -> None:
    place = files.add_content("secrets/key", b"x", mode="0400", owner=Owner(1000, None))
    assert place == f"{PLACE}/secrets/key"
    (entry,) = files.as_list()
    assert (entry["mode"], entry["uid"]) == ("0400", 1000)
    assert "gid" not in entry


def test_files_of_accessories_stand_apart(tmp_path: Path, files: ReleaseFiles) -> None:
    apart = ReleaseFiles(tmp_path / "iris", files.problems, folder="accessories")
    place = apart.add_tree("conf/a.conf", "binds", "path")
    assert place == f"{PLACE}/accessories/binds/conf/a.conf"
    assert apart.as_list()[0]["path"] == "accessories/binds/conf/a.conf"


OUTSIDE = ["../secret", "../../etc/passwd", "/etc/passwd", "conf/../../secret", "link", "linked/x"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_path_leads_out_of_the_application(
    tmp_path: Path, files: ReleaseFiles, name: str
) -> None:
    (tmp_path / "iris/link").symlink_to("../secret")
    (tmp_path / "iris/linked").symlink_to(tmp_path)
    files.add_tree(name, "binds", "path")
    assert files.problems.found == [
        (
            f"path: {name!r} leads out of the application's folder; "
            "accepted: a relative path inside it"
        )
    ]
    assert files.entries == {}
    assert files.read(name, "path") is None


@pytest.mark.parametrize("target", ["../../secret", "../..", "../gone"])
def test_no_link_in_a_folder_leads_out(tmp_path: Path, files: ReleaseFiles, target: str) -> None:
    (tmp_path / "iris/conf/out").symlink_to(target)
    files.add_tree("conf", "binds", "path")
    assert files.problems.found == [
        (
            "path: 'out' is no file of the application's folder; "
            "accepted: plain files; no links that lead out"
        )
    ]


def test_a_link_inside_is_followed(tmp_path: Path, files: ReleaseFiles) -> None:
    (tmp_path / "iris/same").symlink_to("conf/a.conf")
    assert files.read("same", "path") == b"a\n"


def test_a_sibling_with_a_longer_name_is_outside(tmp_path: Path, files: ReleaseFiles) -> None:
    (tmp_path / "iris-2").mkdir()
    (tmp_path / "iris-2/x").write_text("x")
    files.add_tree("../iris-2/x", "binds", "path")
    assert "leads out" in files.problems.found[0]


def test_what_is_not_there_is_said(files: ReleaseFiles) -> None:
    files.add_tree("gone.conf", "binds", "path")
    assert files.problems.found == ["path: 'gone.conf' is not there; accepted: a file or folder"]


def test_an_empty_folder_cannot_travel(tmp_path: Path, files: ReleaseFiles) -> None:
    (tmp_path / "iris/empty").mkdir()
    files.add_tree("empty", "binds", "path")
    assert files.problems.found == ["path: 'empty' holds no file"]


def test_a_folder_is_no_file(files: ReleaseFiles) -> None:
    assert files.read("conf", "path") is None
    assert files.problems.found == ["path: 'conf' is a folder; accepted: a file"]


def test_a_file_has_a_largest_size(tmp_path: Path, files: ReleaseFiles) -> None:
    with (tmp_path / "iris/model.bin").open("wb") as model:
        model.truncate(LARGEST_BYTES + 1)
    files.add_tree("model.bin", "binds", "path")
    assert files.problems.found == [
        (
            f"path: 'model.bin' has {LARGEST_BYTES + 1} bytes; accepted: {LARGEST_BYTES} "
            "for all files; put larger data into the image or a volume"
        )
    ]


def test_all_files_together_have_a_largest_size(files: ReleaseFiles) -> None:
    for name in ("a", "b"):
        files.add_content(name, b"x" * (LARGEST_BYTES // 2 + 3), mode="0444")
    files.check_total("files")
    assert files.problems.found[0].startswith("files: 'all files together' has ")
