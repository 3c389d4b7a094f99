"""What was done to an application on a host, one line each, never removed."""

from __future__ import annotations

import json

from .call import Call
from .clock import timestamp


def note(call: Call, *, outcome: str, release: str | None = None) -> None:
    """Add a line to the audit of the application."""
    line = {
        "time": timestamp(call.tools.clock),
        "run": call.run.id,
        "verb": call.run.verb,
        "owner": call.run.owner,
        "release": release,
        "outcome": outcome,
    }
    with call.paths.audit.open("a", encoding="utf-8") as audit:
        audit.write(json.dumps(line, ensure_ascii=False) + "\n")
    call.paths.audit.chmod(0o600)
