from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rollway.cli.saved_plan import as_planned
from rollway.errors import RollwayError
from rollway.rollout.saved_plan import load_sealed

SEALED: dict[str, Any] = {
    "env": "staging",
    "app": "iris",
    "version": "1.0.0",
    "hosts": ["app-1"],
    "outside": ["app-2"],
    "generations": {"app-1": 3},
}
NEXT = "accepted: a file that plan wrote; next: ./invoke plan --env=NAME --version=X --out=FILE"


def _saved(folder: Path, **changes: Any) -> Path:
    path = folder / "plan.json"
    path.write_text(json.dumps({"sealed": {**SEALED, **changes}}))
    return path


def test_a_plan_for_some_hosts_is_carried_out_on_those(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    assert load_sealed(path) == SEALED
    asked = {"env": "staging", "app": "iris", "version": "1.0.0", "limit": "app-1"}
    assert as_planned(path, {"env": "", "limit": ""}) == asked
    assert as_planned(_saved(tmp_path, outside=[]), {}) == {**asked, "limit": ""}


ODD = [
    pytest.param({"hosts": []}, "hosts", id="no hosts, which would be all"),
    pytest.param({"hosts": None}, "hosts", id="hosts that are missing"),
    pytest.param({"hosts": "app-1"}, "hosts", id="hosts that are a text"),
    pytest.param({"hosts": [""]}, "hosts", id="a host without a name"),
    pytest.param({"hosts": [["app-1"]]}, "hosts", id="hosts in hosts"),
    pytest.param({"hosts": {"app-1": 1}}, "hosts", id="hosts that are a mapping"),
    pytest.param({"outside": None}, "outside", id="nobody says who is left out"),
    pytest.param({"outside": "app-2"}, "outside", id="a text for who is left out"),
    pytest.param({"env": 1, "version": None}, "env, version", id="numbers for names"),
    pytest.param({"generations": [1]}, "generations", id="generations of no host"),
]


@pytest.mark.parametrize(("changes", "named"), ODD)
def test_a_plan_with_odd_parts_is_refused(
    changes: dict[str, Any], named: str, tmp_path: Path
) -> None:
    path = _saved(tmp_path, **changes)
    with pytest.raises(RollwayError) as caught:
        load_sealed(path)
    assert str(caught.value) == f"--plan={path}: it has no {named} that a plan would have; {NEXT}"
    assert caught.value.exit_code == 1


TEXTS = [
    pytest.param("[" * 200_000, id="too deep"),
    pytest.param("", id="nothing"),
    pytest.param("[]", id="a list"),
    pytest.param('{"sealed": [["hosts", []]]}', id="a list for what is sealed"),
    pytest.param('{"sealed": null}', id="nothing sealed"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_that_is_no_plan_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    with pytest.raises(RollwayError) as caught:
        load_sealed(path)
    assert str(caught.value) == f"--plan={path}: it is not a saved plan; {NEXT}"


def test_a_host_of_a_plan_is_a_name_and_no_pattern(tmp_path: Path) -> None:
    with pytest.raises(RollwayError, match=r"--plan: found '\*'"):
        as_planned(_saved(tmp_path, hosts=["*"]), {})
