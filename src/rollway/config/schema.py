"""`x-rollway` as JSON Schema, for editors; docs/x-rollway.schema.json is this, written down.

`python -m rollway.config.schema > docs/x-rollway.schema.json` writes it anew.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from rollway.config.model import XRollway

_DRAFT = "https://json-schema.org/draft/2020-12/schema"

_NUMBERS = ("number", "integer")
_VARIABLE = {"type": "string", "pattern": r"\$\{?[A-Za-z_]"}


def schema_of() -> dict[str, Any]:
    """The JSON Schema of the value of `x-rollway`."""
    schema: dict[str, Any] = _or_variable(XRollway.model_json_schema(by_alias=True))
    return {"$schema": _DRAFT, **schema}


def _or_variable(node: Any) -> Any:
    """The schema with a Compose variable for numbers and fixed words: editors see the raw file."""
    if isinstance(node, list):
        return [_or_variable(one) for one in node]
    if not isinstance(node, dict):
        return node
    if node.get("type") in _NUMBERS or "enum" in node:
        words = ("title", "description", "default")
        kept = {key: value for key, value in node.items() if key not in words}
        named = {key: node[key] for key in words if key in node}
        return {**named, "anyOf": [kept, _VARIABLE]}
    return {key: _or_variable(value) for key, value in node.items()}


def schema_text() -> str:
    """The same as the text of a file."""
    return json.dumps(schema_of(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
