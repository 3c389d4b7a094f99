"""What became of a page of maintenance: `maintenance.json` and its lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.records.files import write_whole
from rollway.report.ending import names_in_short
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import last_of
from rollway.rollout.maintenance import (
    INSPECT,
    MAINTAIN,
    MAINTENANCE,
    MAINTENANCE_STEPS,
    OFF,
    ON,
    RESTORE,
    maintenance_refusal,
    page_of,
    said_of_page,
    troubles_of,
)
from rollway.rollout.request import Request, load_request
from rollway.rollout.trouble import said_of

PAGE = "maintenance.json"
Ending = tuple[int, str, list[dict[str, str]], str]


def write_maintenance(run_dir: Path) -> dict[str, Any]:
    """Fold what the edges answered into `maintenance.json`, and return it."""
    found = page_result(load_request(run_dir), Journal(run_dir).events())
    write_whole(run_dir / PAGE, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def page_result(request: Request, events: list[Event]) -> dict[str, Any]:
    """The contract of `maintenance --json`."""
    answered = [event for event in events if "maintenance" in event.result]
    last = last_of(answered, *MAINTENANCE_STEPS)
    done = last_of(events, MAINTAIN)
    code, sentence, problems, following = _ended(request, events)
    return {
        "env": request.env,
        "app": request.app,
        "run": request.run["id"],
        "verb": request.verb,
        "switch": request.switch,
        "exit": code,
        "sentence": sentence,
        "problems": problems,
        "next": following,
        "edges": [
            {
                "host": name,
                "maintenance": page_of(last[name]) if name in last else None,
                "changed": bool(done[name].result.get("changed")) if name in done else False,
            }
            for name in sorted(request.edges)
        ],
    }


def page_lines(found: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    lines = [f"{found['app']} on {found['env']}: {found['sentence']}"]
    for edge in found["edges"] if found["switch"] == ON and found["exit"] == exits.DONE else ():
        if page := edge["maintenance"]:
            told = f"503, Retry-After {page['retry_seconds']}"
            lines.append(f"  {edge['host']}: {told}{said_of_page(page)}")
    for problem in found["problems"]:
        lines.append(f"  {said_of(problem)}")
        lines += [f"    accepted: {problem['accepted']}"] if problem.get("accepted") else []
    return [*lines, *([f"  next: {found['next']}"] if found["next"] else [])]


def _ended(request: Request, events: list[Event]) -> Ending:
    refusal = maintenance_refusal(request, last_of(events, INSPECT))
    if refusal:
        following = next((one["next"] for one in refusal.problems if one.get("next")), "")
        return refusal.exit_code, "refused; nothing was changed", refusal.problems, following
    done = last_of(events, MAINTAIN)
    troubles = troubles_of(request, done)
    if troubles:
        return _failed(request, events, troubles)
    is_changed = any(event.result.get("changed") for event in done.values())
    would = "would be" if request.reads_only else "is"
    already = "" if is_changed else " already"
    sentence = f"maintenance {would} {request.switch}{already}"
    return exits.DONE, sentence, [], _command(request, OFF) if request.switch == ON else ""


def _failed(request: Request, events: list[Event], troubles: list[dict[str, str]]) -> Ending:
    """Put back everywhere, or with the edges where nobody knows."""
    left = troubles_of(request, last_of(events, RESTORE))
    if left:
        names = names_in_short(one["host"] for one in left)
        sentence = f"maintenance is not {request.switch} everywhere, and {names} may be"
        return exits.NEEDS_PERSON, sentence, troubles, _command(request, request.switch)
    sentence = f"maintenance is not {request.switch}: every edge is as it was"
    return exits.FAILED, sentence, troubles, _command(request, request.switch)


def _command(request: Request, switch: str) -> str:
    return f"./invoke {MAINTENANCE} {switch} --env={request.env} --app={request.app}"
