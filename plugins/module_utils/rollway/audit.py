"""The audit of an application on a host: a line for each change, never removed."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from .call import Call
from .clock import timestamp
from .paths import AppPaths
from .problem import Problem


def note(call: Call, *, outcome: str, release: str | None = None) -> None:
    """Add a line."""
    write_line(
        call.paths,
        time=timestamp(call.tools.clock),
        run=call.run.id,
        verb=call.run.verb,
        owner=call.run.owner,
        release=release,
        outcome=outcome,
    )


def write_line(paths: AppPaths, **line: str | None) -> None:
    """Add a line that names `time`, `run`, `verb`, `owner`, `release` and `outcome`."""
    with paths.audit.open("a", encoding="utf-8") as audit:
        audit.write(json.dumps(line, ensure_ascii=False) + "\n")
    paths.audit.chmod(0o600)


def entries(call: Call, *, count: int) -> dict[str, Any]:
    """Return at most `count` lines, the newest first; a remark names what is none of ours."""
    if count < 1:
        raise Problem("count", str(count), "1 or more", "--count=20")
    path = call.paths.audit
    if not path.is_file():
        return {"entries": []}
    with path.open("rb") as lines:
        newest = deque(enumerate(lines, start=1), maxlen=count)
    found: list[dict[str, Any]] = []
    for number, line in reversed(newest):
        entry = _entry(line)
        if entry is None:
            call.remarks.append(f"{path}: line {number} is no entry")
        else:
            found.append(entry)
    return {"entries": found}


def _entry(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    is_one = isinstance(entry, dict) and isinstance(entry.get("run"), str) and entry.get("time")
    return entry if is_one else None
