"""The runs of an environment, for people and as `history.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway.records.files import write_whole
from rollway.records.history import merge
from rollway.rollout.journal import Event, Journal
from rollway.rollout.request import Request, load_request

HISTORY = "history.json"
COLUMNS = ("started", "verb", "release", "commit", "outcome", "seconds", "hosts", "run")


def write_history(run_dir: Path, *, count: int) -> dict[str, Any]:
    """Merge what the hosts answered into `history.json`, and return it."""
    found = fleet_history(load_request(run_dir), Journal(run_dir).results("history"), count=count)
    write_whole(run_dir / HISTORY, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def fleet_history(request: Request, told: Mapping[str, Event], *, count: int) -> dict[str, Any]:
    """The merged runs, who answered, and what is missing or could not be read."""
    answers, remarks = answers_of(request, told)
    return {
        "env": request.env,
        "app": request.app,
        "runs": merge(answers, app=request.app, count=count),
        "answered": list(answers),
        "remarks": remarks,
    }


def answers_of(
    request: Request, told: Mapping[str, Event]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What each host answered; and who did not, or could not read something."""
    asked = list(dict.fromkeys([*request.app_hosts, *request.outside, *request.edges]))
    answers = {name: told[name].result for name in asked if name in told and told[name].ok}
    lost = [f"{name}: {why(told.get(name))}" for name in asked if name not in answers]
    remarks = [f"{name}: {one}" for name in answers for one in answers[name].get("remarks") or ()]
    return answers, [*lost, *remarks]


def why(event: Event | None) -> str:
    """Why a host is missing from an answer."""
    if event is None:
        return "it was not asked"
    problem = event.result.get("problem") or {}
    found = problem.get("found") or event.result.get("msg") or "no reason given"
    return f"did not answer: {found}" if event.unreachable else str(found)


def print_history(found: Mapping[str, Any]) -> None:
    """Print the runs on stdout, newest first."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    title = f"{found['app']} on {found['env']}"
    if not found["runs"]:
        console.print(f"{title}: no run is recorded", markup=False)
        return
    table = Table(title=title, title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")  # a run's id is there to be copied
    for row in found["runs"]:
        table.add_row(*run_cells(row))
    console.print(table)


def run_cells(row: Mapping[str, Any]) -> list[str]:
    """One row: what was rolled back stands beside the outcome."""
    seconds = row["seconds"]
    outcome = str(row["outcome"] or "-")
    return [
        row["started"] or "-",
        row["verb"] or "-",
        row["release"] or "-",
        (row["commit"] or "-")[:8],
        f"{outcome} (from {row['rollback_of']})" if row["rollback_of"] else outcome,
        "-" if seconds is None else f"{seconds:.0f}",
        str(len(row["hosts"])),
        row["run"],
    ]
