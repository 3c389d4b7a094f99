"""The tables of docs/compose.md, from the models and the table of keys.

`python -m rollway.config.reference docs/compose.md` writes them anew, between their marks.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway.config.key import Key
from rollway.config.keys import TABLE
from rollway.config.schema import schema_of

_BLOCK = re.compile(r"(<!-- (?P<name>[a-z-]+): generated -->\n).*?(<!-- end -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """The page with every generated table replaced by what it is now."""
    return _BLOCK.sub(lambda block: f"{block[1]}{_TABLES[block['name']]()}{block[3]}", text)


def keys_table() -> str:
    """Every key of a Compose file, a row each."""
    rows = [
        _row(f"{pattern}.{name}" if pattern else name, key)
        for pattern, keys in TABLE.items()
        for name, key in sorted(keys.items())
    ]
    return _table(("key", "what becomes of it", "note, or what to write instead"), rows)


def settings_table() -> str:
    """Every key of `x-rollway`, a row each."""
    rows = [row for name, schema in _settings() for row in _setting_rows(name, schema)]
    return _table(("key", "default", "meaning"), rows)


def _row(path: str, key: Key) -> tuple[str, str, str]:
    notes = [key.note] if key.note else []
    for instead in dict.fromkeys(key.values.values()):
        values = ", ".join(f"`{one}`" for one, what in key.values.items() if what == instead)
        notes.append(f"refused: {values} ({instead})")
    return (f"`{path}`", key.treatment, "; ".join(notes))


def _settings() -> list[tuple[str, Mapping[str, Any]]]:
    parts = schema_of()["$defs"]
    return [
        ("http", parts["Http"]),
        ("rollout", parts["Rollout"]),
        ("services.*", parts["Service"]),
    ]


def _setting_rows(prefix: str, schema: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            f"`x-rollway.{prefix}.{name}`",
            "required" if name in schema.get("required", []) else _default(one.get("default")),
            one["description"],
        )
        for name, one in schema["properties"].items()
    ]


def _default(value: Any) -> str:
    return "" if value in (None, []) else f"`{value}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, str, str]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(
        f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |\n" for line in lines
    )


_TABLES = {"keys": keys_table, "settings": settings_table}


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
