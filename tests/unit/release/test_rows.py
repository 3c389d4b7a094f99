"""One case for every row of the table of keys: what it is in the rendered file, or the error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.config.keys import TABLE
from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import build, rendered, write
from tests.unit.release.row_cases import ABSENT, Case, Refusal, content_of
from tests.unit.release.rows_kept import GONE, KEPT
from tests.unit.release.rows_placed import PLACED
from tests.unit.release.rows_refused import REFUSED, VALUES


def look_up(project: Any, place: str) -> Any:
    parts = [part.replace("\0", ".") for part in place.replace("\\.", "\0").split(".")]
    for part in parts:
        if isinstance(project, dict) and part not in project:
            return ABSENT
        project = project[int(part)] if isinstance(project, list) else project[part]
    return project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "app.env", "A=1\n")
    write(tmp_path, "app.conf")
    write(tmp_path, "key.pem")
    write(tmp_path, "conf/app.conf")
    return tmp_path


def name_of(case: Case | Refusal) -> str:
    return f"{case.row} {case.value}"[:70]


VARIABLES = {"FROM_INVENTORY": "here"}


@pytest.mark.parametrize("case", [*KEPT, *PLACED, *GONE], ids=name_of)
def test_what_becomes_of_a_key(case: Case, folder: Path) -> None:
    project = rendered(folder, content_of(case), variables=VARIABLES)
    assert look_up(project, case.place) == case.expected


@pytest.mark.parametrize("case", [*REFUSED, *VALUES], ids=name_of)
def test_a_refused_key_says_what_to_write_instead(case: Refusal, folder: Path) -> None:
    with pytest.raises(RollwayError) as caught:
        build(folder, content_of(case), variables=VARIABLES)
    assert str(caught.value) == (
        f"apps/iris/compose.yml: {case.message}; next: edit apps/iris/compose.yml (docs/compose.md)"
    )


def test_every_row_has_a_case() -> None:
    rows = {
        f"{pattern}.{name}" if pattern else name for pattern, keys in TABLE.items() for name in keys
    }
    cases: list[Case | Refusal] = [*KEPT, *PLACED, *GONE, *REFUSED]
    tested = {case.row for case in cases}
    assert rows - tested == set()
    assert tested - rows == set()


def test_every_refused_row_has_its_error() -> None:
    rows = {
        f"{pattern}.{name}" if pattern else name
        for pattern, keys in TABLE.items()
        for name, key in keys.items()
        if key.treatment == "refused"
    }
    assert rows == {case.row for case in REFUSED}


def test_every_row_with_refused_values_has_their_errors() -> None:
    rows = {
        f"{pattern}.{name}"
        for pattern, keys in TABLE.items()
        for name, key in keys.items()
        if key.values
    }
    assert rows == {case.row for case in VALUES}
