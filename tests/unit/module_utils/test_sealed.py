from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.rollway.paths import AppPaths
from ansible.module_utils.rollway.problem import Problem
from ansible.module_utils.rollway.sealed import read_sealed, write_sealed
from ansible.module_utils.rollway.state import Slot, State, load_state, save_state

from tests.unit.module_utils.fakes import FakeHost


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_sealed(tmp_path / "x.json", {"name": "Žižek", "n": 1})
    assert read_sealed(tmp_path / "x.json") == {"name": "Žižek", "n": 1}
    assert (tmp_path / "x.json").stat().st_mode & 0o777 == 0o600


def test_a_file_cut_at_any_byte_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_sealed(path, State("iris", generation=3).to_json())
    whole = path.read_bytes()
    # The last byte is the newline that ends the file: without it nothing is missing.
    for length in range(len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(Problem, match=str(path)):
            read_sealed(path)
        assert path.read_bytes() == whole[:length]


CHANGED: list[Any] = [
    pytest.param({"generation": 4}, "the checksum does not match the content", id="a value"),
    pytest.param({"schema": 2}, "found schema 2", id="a later schema"),
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
    assert caught.value.data["next"] == f"look at it, then move it away: mv {path} {path}.bad"


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
