"""JSON files with a schema version and a checksum: read whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .files import read_json, write_atomic
from .problem import Problem

SCHEMA = 1


def checksum(content: dict[str, Any]) -> str:
    """Return the SHA-256 of `content` without its `checksum`, over sorted compact JSON."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read_sealed(path: Path) -> dict[str, Any] | None:
    """Return the content of `path` without its seal, or None where there is no such file.

    Raises Problem, naming the path, when it does not parse, has another schema, or was changed by
    something else than Rollway; it is never overwritten then.
    """
    content = read_json(path)
    if content is None:
        return None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        found = content.get("schema") if isinstance(content, dict) else type(content).__name__
        raise _broken(path, f"found schema {found!r}", f"schema {SCHEMA}")
    if content.get("checksum") != checksum(content):
        raise _broken(path, "the checksum does not match the content", "a file only Rollway wrote")
    return {key: value for key, value in content.items() if key not in ("schema", "checksum")}


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Write `content` with schema and checksum, atomically, readable by root alone."""
    sealed = {"schema": SCHEMA, **content}
    sealed["checksum"] = checksum(sealed)
    write_atomic(path, json.dumps(sealed, indent=1, sort_keys=True) + "\n", mode=0o600)


def _broken(path: Path, found: str, accepted: str) -> Problem:
    return Problem(
        str(path), found, accepted, f"look at it, then move it away: mv {path} {path}.bad"
    )
