"""JSON files with a schema version and a checksum: read whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from .files import write_atomic
from .problem import Problem

SCHEMA = 2
# Read and, at the next write, replaced: of these only the content counts, not every byte.
OLD_SCHEMA = 1


def checksum(content: dict[str, Any]) -> str:
    """Return the SHA-256 of `content` without its `checksum`, over sorted compact JSON."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    # A changed byte can cut a pair of surrogates in two, which has no encoding of its own.
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def read_sealed(path: Path) -> dict[str, Any] | None:
    """Return the content of `path` without its seal, or None where there is no such file.

    Raises Problem, naming the path, when it does not parse, has another schema, or differs in any
    byte from what Rollway wrote; it is never overwritten then.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    content = _parsed(path, data)
    schema = content.get("schema") if isinstance(content, dict) else type(content).__name__
    if not isinstance(content, dict) or schema not in (SCHEMA, OLD_SCHEMA):
        raise _broken(path, f"found schema {schema!r}", f"schema {SCHEMA}")
    if content.get("checksum") != checksum(content):
        raise _broken(path, "the checksum does not match the content", "a file only Rollway wrote")
    if schema == SCHEMA and data != _rendered(content):
        raise _broken(path, "not every byte is as it was written", "a file only Rollway wrote")
    return {key: value for key, value in content.items() if key not in ("schema", "checksum")}


def write_sealed(path: Path, content: dict[str, Any]) -> None:
    """Write `content` with schema and checksum, atomically, readable by root alone."""
    sealed = {**content, "schema": SCHEMA}
    sealed["checksum"] = checksum(sealed)
    write_atomic(path, _rendered(sealed), mode=0o600)


def _rendered(sealed: dict[str, Any]) -> bytes:
    return f"{json.dumps(sealed, indent=1, sort_keys=True)}\n".encode()


def _parsed(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _broken(path, f"not valid JSON: {error}", "a file only Rollway wrote") from error


def _broken(path: Path, found: str, accepted: str) -> Problem:
    return Problem(str(path), found, accepted, "./invoke doctor, then ./invoke doctor --fix")
