"""docs/compose.md and the schema for editors say what the code does."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from rollway.config.keys import TABLE
from rollway.config.reference import with_tables
from rollway.config.schema import schema_of, schema_text
from tests.contract.repository import ROOT

PAGE = ROOT / "docs" / "compose.md"
SCHEMA = ROOT / "docs" / "x-rollway.schema.json"


def test_the_page_has_the_tables_of_the_code() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert with_tables(text) == text, f"python -m rollway.config.reference {PAGE}"


def test_the_page_has_every_key_once() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [
        f"| `{f'{pattern}.{name}' if pattern else name}` |"
        for pattern, keys in TABLE.items()
        for name in keys
    ]
    assert [row for row in rows if text.count(row) != 1] == []


def test_every_refused_key_says_what_to_write_instead() -> None:
    silent = [
        name
        for keys in TABLE.values()
        for name, key in keys.items()
        if key.treatment == "refused" and not key.note
    ]
    assert silent == []


def test_the_schema_is_that_of_the_models() -> None:
    command = f"python -m rollway.config.schema > {SCHEMA}"
    assert SCHEMA.read_text(encoding="utf-8") == schema_text(), command


def test_every_setting_has_a_description() -> None:
    parts = [schema_of(), *schema_of()["$defs"].values()]
    silent = [
        name
        for part in parts
        for name, one in part["properties"].items()
        if not one.get("description")
    ]
    assert silent == []


def _examples() -> list[str]:
    blocks = PAGE.read_text(encoding="utf-8").split("```yaml\n")[1:]
    return [text for block in blocks if "x-rollway:" in (text := block.split("```")[0])]


@pytest.mark.parametrize("text", _examples())
def test_examples_of_the_page_are_valid_by_the_schema(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text)["x-rollway"], schema_of())


def test_applications_of_the_repository_are_valid_by_the_schema() -> None:
    for path in sorted((ROOT / "apps").glob("*/compose.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(json.dumps(content["x-rollway"])), schema_of())
