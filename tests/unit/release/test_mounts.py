from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.config.problems import Problems
from rollway.release.files import ReleaseFiles
from rollway.release.mounts import Mounts
from tests.unit.release.app_fixtures import write

PLACE = "\x00{ROLLWAY_FILES}\x00"


@pytest.fixture
def mounts(tmp_path: Path) -> Mounts:
    write(tmp_path, "conf/a.conf")
    problems = Problems("file")
    return Mounts(ReleaseFiles(tmp_path / "iris", problems), problems, "services/api")


GOOD: list[tuple[Any, dict[str, Any]]] = [
    ("/data", {"type": "volume", "target": "/data"}),
    ("data:/data", {"type": "volume", "source": "data", "target": "/data"}),
    (
        "data:/data:ro",
        {"type": "volume", "source": "data", "target": "/data", "read_only": True},
    ),
    ("/etc:/etc:rw", {"type": "bind", "source": "/etc", "target": "/etc"}),
    (
        "/etc:/etc:ro,Z,rslave",
        {
            "type": "bind",
            "source": "/etc",
            "target": "/etc",
            "read_only": True,
            "bind": {"selinux": "Z", "propagation": "rslave"},
        },
    ),
    (
        "./conf:/conf:ro",
        {"type": "bind", "source": f"{PLACE}/binds/conf", "target": "/conf", "read_only": True},
    ),
    ({"target": "/x"}, {"type": "volume", "target": "/x"}),
    (
        {"type": "tmpfs", "target": "/x", "tmpfs": {"size": 1}},
        {"type": "tmpfs", "target": "/x", "tmpfs": {"size": 1}},
    ),
]


@pytest.mark.parametrize(("entry", "expected"), GOOD, ids=[str(case[0]) for case in GOOD])
def test_mounts_are_written_out(mounts: Mounts, entry: Any, expected: dict[str, Any]) -> None:
    assert mounts.volumes([entry]) == [expected]
    assert mounts.problems.found == mounts.notes == []


BAD = [
    ("~/x:/x", "'~/x' depends on a user; accepted: an absolute path"),
    (
        "data:/x:wo",
        "unknown option 'wo'; accepted: cached, consistent, delegated, nocopy, ro, rw",
    ),
    ({"type": "volume"}, "it has no target; accepted: source:target"),
    (
        "../x:/x",
        "'../x' leads out of the application's folder; accepted: a relative path inside it",
    ),
]


@pytest.mark.parametrize(("entry", "message"), BAD, ids=[str(case[0]) for case in BAD])
def test_what_cannot_be_mounted_is_said(mounts: Mounts, entry: Any, message: str) -> None:
    mounts.volumes([entry])
    assert mounts.problems.found == [f"services/api/volumes/0: {message}"]


def test_a_file_of_the_release_is_read_only_and_the_plan_says_so(mounts: Mounts) -> None:
    assert mounts.volumes(["./conf:/conf"])[0]["read_only"] is True
    assert mounts.notes == [
        "services/api/volumes/0: ./conf is a file of the release, mounted read-only"
    ]


def test_the_socket_of_the_engine_is_noted(mounts: Mounts) -> None:
    mounts.volumes(["/var/run/docker.sock:/var/run/docker.sock"])
    assert mounts.notes == [
        "services/api/volumes/0: whoever has /var/run/docker.sock owns the host"
    ]


def test_env_files_keep_their_order(tmp_path: Path, mounts: Mounts) -> None:
    write(tmp_path, "b.env", "B=1\n")
    write(tmp_path, "a.env", "# $5\n\nA='P@$$w0rd'  # literal\nexport C=1\n")
    assert mounts.env_files(["./b.env", {"path": "a.env", "required": True}]) == [
        f"{PLACE}/env/b.env",
        f"{PLACE}/env/a.env",
    ]
    assert [one["mode"] for one in mounts.files.as_list()] == ["0400", "0400"]
    assert mounts.problems.found == []


@pytest.mark.parametrize("line", ["A=$HOME", 'A="${B}"', "A=P@$$w0rd", "A='x'$B", "export A=$B"])
def test_a_dollar_in_an_env_file_would_be_lost(tmp_path: Path, mounts: Mounts, line: str) -> None:
    write(tmp_path, "a.env", f"X=1\n{line}\n")
    mounts.env_files("a.env")
    assert mounts.problems.found == [
        (
            "services/api/env_file/0: a.env has a $ in line 2; "
            "accepted: '…' around the value when it is literal, or `environment`"
        )
    ]


def test_an_env_file_that_is_not_there(mounts: Mounts) -> None:
    assert mounts.env_files([{"path": "gone.env", "required": False}]) == []
    assert mounts.problems.found == []
    assert mounts.env_files(["gone.env"]) == []
    assert mounts.problems.found == [
        "services/api/env_file/0: 'gone.env' is not there; accepted: a file or folder"
    ]
