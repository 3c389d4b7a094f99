from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.rollway.files import exclusive, read_json, write_atomic
from ansible.module_utils.rollway.problem import Problem, problem


def test_a_file_is_replaced_whole_and_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")
    write_atomic(path, "new", mode=0o600)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space") as failed:
        write_atomic(path, "new")
    assert failed.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_cannot_begin_names_the_file_and_not_the_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "none" / "state.json"
    with pytest.raises(FileNotFoundError) as failed:
        write_atomic(path, "new")
    assert failed.value.filename == str(path)


def test_a_file_that_is_not_there_reads_as_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") is None


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text("{")
    with pytest.raises(Problem, match=rf"{path}: not valid JSON"):
        read_json(path)


def test_a_held_lock_is_not_given_twice(tmp_path: Path) -> None:
    path = tmp_path / "mutex"
    with exclusive(path), pytest.raises(BlockingIOError), exclusive(path, wait=False):
        pass
    with exclusive(path, wait=False):
        pass


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        pytest.param(("a/b", "x"), "a/b: x", id="two parts"),
        pytest.param(("a/b", "x", "y", "z"), "a/b: x; accepted: y; next: z", id="all four parts"),
        pytest.param(("a/b", "x", "", "z"), "a/b: x; next: z", id="nothing to accept"),
    ],
)
def test_a_problem_reads_as_one_line_and_travels_as_data(parts: tuple[str, ...], text: str) -> None:
    assert str(Problem(*parts)) == text
    assert Problem(*parts).data == problem(*parts)
