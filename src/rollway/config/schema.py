"""`x-rollway` as JSON Schema, for editors; docs/x-rollway.schema.json is this, written down.

`python -m rollway.config.schema > docs/x-rollway.schema.json` writes it anew.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from rollway.config.model import XRollway

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_of() -> dict[str, Any]:
    """The JSON Schema of the value of `x-rollway`."""
    return {"$schema": _DRAFT, **XRollway.model_json_schema(by_alias=True)}


def schema_text() -> str:
    """The same as the text of a file."""
    return json.dumps(schema_of(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
