from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from rollway.build.context import inputs_hash, pack
from rollway.build.recipe import Recipe
from rollway.release.reference import parse_reference

IMAGE = parse_reference("r.example.com/iris:1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM x\n")
    (tmp_path / "app" / "main.py").write_text("print()\n")
    (tmp_path / "app" / "run").write_text("#!/bin/sh\n")
    (tmp_path / "app" / "run").chmod(0o700)
    return tmp_path


def packed(folder: Path) -> tuple[bytes, int]:
    archive = io.BytesIO()
    count = pack(Recipe("api", IMAGE, folder), archive)
    return archive.getvalue(), count


def hashed(folder: Path, recipe: Recipe | None = None, **args: str) -> str:
    archive = io.BytesIO(packed(folder)[0])
    return inputs_hash(recipe or Recipe("api", IMAGE, folder), archive, args)


def test_the_same_content_is_the_same_bytes(folder: Path) -> None:
    before = packed(folder)
    (folder / "app" / "main.py").chmod(0o600)
    os.utime(folder / "app" / "main.py", (1, 1))
    assert packed(folder) == before
    assert before[1] == 3


def test_permissions_are_those_that_git_keeps(folder: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(folder)[0])) as tar:
        modes = {entry.name: (entry.mode, entry.uid, entry.mtime) for entry in tar}
    assert modes == {
        "Dockerfile": (0o644, 0, 0),
        "app": (0o755, 0, 0),
        "app/main.py": (0o644, 0, 0),
        "app/run": (0o755, 0, 0),
    }


IGNORED = [
    ("by name", "app/run\n", {"Dockerfile", ".dockerignore", "app", "app/main.py"}),
    ("by pattern", "**/*.py\n# words\n", {"Dockerfile", ".dockerignore", "app", "app/run"}),
    ("all but some", "*\n!app/run\n", {"Dockerfile", "app/run"}),
]


@pytest.mark.parametrize(
    ("text", "names"), [case[1:] for case in IGNORED], ids=[case[0] for case in IGNORED]
)
def test_dockerignore(folder: Path, text: str, names: set[str]) -> None:
    (folder / ".dockerignore").write_text(text)
    with tarfile.open(fileobj=io.BytesIO(packed(folder)[0])) as tar:
        found = set(tar.getnames())
    assert found - {".dockerignore"} == names - {".dockerignore"}


def test_every_input_changes_the_hash(folder: Path) -> None:
    recipe = Recipe("api", IMAGE, folder)
    hashes = [
        hashed(folder),
        hashed(folder, FAULT="slow"),
        hashed(folder, Recipe("api", IMAGE, folder, target="test")),
        hashed(folder, Recipe("api", IMAGE, folder, labels={"a": "b"})),
    ]
    (folder / "app" / "main.py").write_text("print(2)\n")
    hashes.append(hashed(folder, recipe))
    (folder / "app" / "main.py").chmod(0o755)
    hashes.append(hashed(folder, recipe))
    assert len(set(hashes)) == len(hashes)


def test_links_stay_links(folder: Path) -> None:
    (folder / "link").symlink_to("/etc/passwd")
    with tarfile.open(fileobj=io.BytesIO(packed(folder)[0])) as tar:
        assert tar.getmember("link").issym()
