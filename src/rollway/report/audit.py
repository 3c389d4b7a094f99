"""Who changed what and when, for people and as `audit.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway.records.audit import merge_audit
from rollway.records.files import write_whole
from rollway.report.history import answers_of
from rollway.rollout.journal import Journal
from rollway.rollout.request import load_request

AUDIT = "audit.json"
COLUMNS = ("time", "owner", "verb", "release", "outcome", "hosts", "run")


def write_audit(run_dir: Path, *, count: int) -> dict[str, Any]:
    """Merge what the hosts answered into `audit.json`, and return it."""
    request = load_request(run_dir)
    answers, remarks = answers_of(request, Journal(run_dir).results("audit"))
    found = {
        "env": request.env,
        "app": request.app,
        "entries": merge_audit(answers, app=request.app, count=count),
        "answered": list(answers),
        "remarks": remarks,
    }
    write_whole(run_dir / AUDIT, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def print_audit(found: Mapping[str, Any]) -> None:
    """Print the entries on stdout, newest first."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    title = f"{found['app']} on {found['env']}"
    if not found["entries"]:
        console.print(f"{title}: nothing was changed yet", markup=False)
        return
    table = Table(title=title, title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for row in found["entries"]:
        table.add_row(*audit_cells(row))
    console.print(table)


def audit_cells(row: Mapping[str, Any]) -> list[str]:
    """One row: hosts are counted, as in a history; owners are text of a host, and no markup."""
    from rich.markup import escape

    shown = {**row, "hosts": len(row["hosts"])}
    return [escape(str(shown[name] or "-")) for name in COLUMNS]
