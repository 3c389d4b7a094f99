"""What is wrong in a fleet and what was repaired: `doctor.json`, and the same for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.records.files import write_whole
from rollway.report.history import why
from rollway.rollout.doctor import DOCTOR_ACT, DOCTOR_LOOK, Finding, findings_of
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import hosts_of, last_of
from rollway.rollout.request import Request, load_request
from rollway.rollout.trouble import said_of
from rollway.rollout.upkeep import locked_on, upkeep_refusal

DOCTOR = "doctor.json"
COLUMNS = ("host", "kind", "where", "found", "fix")


def write_doctor(run_dir: Path) -> dict[str, Any]:
    """Fold what the hosts answered into `doctor.json`, and return it."""
    found = fleet_doctor(load_request(run_dir), Journal(run_dir).events())
    write_whole(run_dir / DOCTOR, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def fleet_doctor(request: Request, events: list[Event]) -> dict[str, Any]:
    """All findings that are left, what was repaired, and who did not answer, as `lost`."""
    looked, acted = last_of(events, DOCTOR_LOOK), last_of(events, DOCTOR_ACT)
    last = {**looked, **acted}
    lost = [
        {"host": name, "problem": why(last.get(name))}
        for name in hosts_of(request)
        if name not in last or not last[name].ok
    ]
    findings = [
        _with_next(one, name, request)
        for name in hosts_of(request)
        for one in _left(name, looked, acted, edges=request.edges)
    ]
    repaired = [
        {"host": name, **one}
        for name, event in acted.items()
        for one in event.result.get("repaired") or ()
    ]
    refusal = None if request.reads_only else upkeep_refusal(looked)
    problems = refusal.problems if refusal else locked_on(acted)
    return {
        "env": request.env,
        "app": request.app,
        "run": request.run["id"],
        "fix": not request.reads_only,
        "exit": _exit(findings, repaired, lost=lost, problems=problems),
        "sentence": _sentence(findings, repaired, lost=lost, is_refused=bool(refusal)),
        "findings": findings,
        "repaired": repaired,
        "lost": lost,
        "problems": problems,
        "remarks": _remarks(request, last),
    }


def _left(
    name: str, looked: Mapping[str, Event], acted: Mapping[str, Event], *, edges: list[str]
) -> list[Finding]:
    """What a host found last: after a repair that went to its end, what that left."""
    if name in acted and "findings" in acted[name].result:
        return findings_of(name, acted)
    return findings_of(name, looked, edges=edges)


def _with_next(finding: Finding, host: str, request: Request) -> Finding:
    """The command that mends it: of ours, or on the host itself."""
    named = f"--env={request.env} --app={request.app}"
    ours = f"./invoke doctor {named} --fix"
    own = finding["next"]
    typed = own if not own or own.startswith("./invoke") else f"on {host}: {own}"
    following = ours if finding["fix"] and request.reads_only else typed or ours
    return {"host": host, **finding, "next": following}


def _exit(
    findings: list[Finding],
    repaired: list[Finding],
    *,
    lost: list[dict[str, str]],
    problems: list[dict[str, Any]],
) -> int:
    """Whoever did not answer needs a person once anything was changed: 6 says that nothing was."""
    if problems:
        return exits.LOCKED
    if findings:
        return exits.DRIFT
    if lost:
        return exits.NEEDS_PERSON if repaired else exits.REFUSED
    return exits.DONE


def _sentence(
    findings: list[Finding],
    repaired: list[Finding],
    *,
    lost: list[dict[str, str]],
    is_refused: bool,
) -> str:
    if is_refused:
        return "refused; nothing was changed"
    done = f"{len(repaired)} repaired, " if repaired else ""
    if findings:
        return f"{done}{len(findings)} left" if repaired else f"{len(findings)} found"
    what = f"{done}nothing left" if repaired else "nothing found"
    return f"{what}, but {len(lost)} did not answer" if lost else what


def _remarks(request: Request, last: Mapping[str, Event]) -> list[str]:
    heard = [name for name in hosts_of(request) if name in last]
    return [f"{name}: {one}" for name in heard for one in last[name].result.get("remarks") or ()]


def print_doctor(found: Mapping[str, Any]) -> None:
    """Print what is wrong and what was repaired on stdout, and below it what to do."""
    from rich.console import Console

    console = Console(highlight=False)
    for title, rows in (("repaired", found["repaired"]), ("found", found["findings"])):
        if rows:
            console.print(_table(f"{found['app']} on {found['env']}: {title}", rows))
    for command in dict.fromkeys(one["next"] for one in found["findings"] if one["next"]):
        console.print(f"next: {command}", markup=False, soft_wrap=True)
    line = f"{found['app']} on {found['env']}: {found['sentence']}"
    console.print(line, markup=False, soft_wrap=True)


def _table(title: str, rows: list[Finding]) -> Any:
    """A table of text from hosts, which rich is not to read as its markup."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for one in rows:
        table.add_row(*(escape(one[name] or "-") for name in COLUMNS))
    return table


def trouble_lines(found: Mapping[str, Any]) -> list[str]:
    """Who did not answer or keeps others out, and what a person should know."""
    lines = [f"{one['host']}: {one['problem']}" for one in found["lost"]]
    lines += [said_of(problem) for problem in found["problems"]]
    following = next((one["next"] for one in found["problems"] if one.get("next")), "")
    return [*lines, *found["remarks"], *([f"next: {following}"] if following else [])]
