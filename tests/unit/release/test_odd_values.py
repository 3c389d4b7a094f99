"""Whatever stands at a key: a manifest, or an error that a person can read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rollway.config.keys import TABLE
from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import build, compose
from tests.unit.release.row_cases import Case, Refusal, content_of
from tests.unit.release.rows_kept import GONE, KEPT
from tests.unit.release.rows_placed import PLACED

ODD: list[Any] = [None, True, -1, "", "a:b:c:d", "~", [], [[]], [{}], {}, {"x": None}]
ODD += [{"x": {"y": 1}}]


def contents(odd: Any) -> Iterator[dict[str, Any]]:
    """The value at every key that Rollway reads itself; the others go to hosts as they are."""
    cases: list[Case | Refusal] = [*KEPT, *PLACED, *GONE]
    for put in {case.put: case for case in cases if is_read(case.row)}.values():
        yield content_of(put._replace(value=odd))
    for kind in ("ports", "volumes", "env_file", "configs", "secrets"):
        yield from items(kind, odd)
    for name in ("http", "rollout", "services"):
        yield {**compose(), "x-rollway": {name: odd}}
    yield {**compose(), "x-rollway": odd}


def is_read(row: str) -> bool:
    pattern, _, name = row.rpartition(".")
    key = TABLE[pattern][name]
    return key.treatment != "kept" or key.shape != "any"


def items(kind: str, odd: Any) -> Iterator[dict[str, Any]]:
    """The value at every key of an item in the long spelling."""
    keys = TABLE[f"services.*.{kind}.*"]
    for key in keys:
        item = {"source": "./x", "target": "/x", "type": "bind", "path": "x", key: odd}
        content = compose(**{kind: {"x": {}}} if kind in TABLE[""] else {})
        content["services"]["api"][kind] = [{name: item[name] for name in keys if name in item}]
        yield content


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_value_ends_in_a_traceback(tmp_path: Path, odd: Any) -> None:
    for content in contents(odd):
        message = ""
        try:
            build(tmp_path, content, variables={"V": "v"})
        except RollwayError as error:
            message = str(error)
        assert not message or message.startswith("apps/iris/compose.yml: "), message
