"""What a prune removed, or would remove: `prune.json`, and the same for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.records.files import write_whole
from rollway.report.history import why
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import last_of
from rollway.rollout.request import Request, load_request
from rollway.rollout.trouble import said_of
from rollway.rollout.upkeep import FOUND, PRUNE_ACT, PRUNE_LOOK, locked_on, upkeep_refusal

PRUNED = "prune.json"
COLUMNS = ("host", *FOUND, "kept", "bytes")


def write_prune(run_dir: Path) -> dict[str, Any]:
    """Fold what the hosts answered into `prune.json`, and return it."""
    found = fleet_prune(load_request(run_dir), Journal(run_dir).events())
    write_whole(run_dir / PRUNED, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def fleet_prune(request: Request, events: list[Event]) -> dict[str, Any]:
    """Each host with what went there; who did not answer, or refused, is named as `lost`."""
    looked, acted = last_of(events, PRUNE_LOOK), last_of(events, PRUNE_ACT)
    last = {**looked, **acted}
    answered = [name for name in request.app_hosts if name in last and last[name].ok]
    lost = [
        {"host": name, "problem": why(last.get(name))}
        for name in request.app_hosts
        if name not in answered
    ]
    hosts = [_host(name, last[name]) for name in answered]
    refusal = upkeep_refusal(looked)
    problems = refusal.problems if refusal and not request.reads_only else locked_on(acted)
    is_refused = bool(refusal) and not request.reads_only
    return {
        "env": request.env,
        "app": request.app,
        "run": request.run["id"],
        "check": request.reads_only,
        "exit": _exit(request, hosts, lost=lost, problems=problems),
        "sentence": _sentence(request, hosts, is_refused=is_refused),
        "keep": request.keep,
        "bytes": sum(host["bytes"] for host in hosts) if not is_refused else 0,
        "hosts": hosts if not is_refused else [],
        "lost": lost,
        "problems": problems,
        "next": _next(request, lost=lost, problems=problems),
    }


def _host(name: str, event: Event) -> dict[str, Any]:
    return {"host": name, **{key: event.result.get(key) or [] for key in (*FOUND, "kept")}} | {
        "bytes": int(event.result.get("bytes") or 0)
    }


def _exit(
    request: Request,
    hosts: list[dict[str, Any]],
    *,
    lost: list[dict[str, str]],
    problems: list[dict[str, str]],
) -> int:
    if problems:
        return exits.LOCKED
    if not lost:
        return exits.DONE
    return exits.NEEDS_PERSON if hosts and not request.reads_only else exits.REFUSED


def _sentence(request: Request, hosts: list[dict[str, Any]], *, is_refused: bool) -> str:
    if is_refused:
        return "refused; nothing was removed"
    size, count = sum(host["bytes"] for host in hosts), len(hosts)
    if not any(host[name] for host in hosts for name in FOUND):
        return f"nothing to remove on {count} hosts"
    if request.reads_only:
        return f"would free up to {size} bytes on {count} hosts"
    return f"freed {size} bytes on {count} hosts"


def _next(request: Request, *, lost: list[dict[str, str]], problems: list[dict[str, str]]) -> str:
    if problems:
        return problems[0].get("next", "")
    again = f"./invoke prune --env={request.env} --app={request.app} --keep={request.keep}"
    if not lost:
        return ""
    return f"mend {', '.join(one['host'] for one in lost)}, then {again}"


def print_prune(found: Mapping[str, Any]) -> None:
    """Print what went, host by host, on stdout; hosts where nothing did are left out."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    rows = [host for host in found["hosts"] if any(host[name] for name in FOUND)]
    if rows:
        table = Table(title=f"{found['app']} on {found['env']}", title_justify="left")
        for name in COLUMNS:
            table.add_column(name, overflow="fold", justify="right" if name == "bytes" else "left")
        for host in rows:
            table.add_row(*(_cell(host[name]) for name in COLUMNS))
        console.print(table)
    line = f"{found['app']} on {found['env']}: {found['sentence']}"
    console.print(line, markup=False, soft_wrap=True)


def trouble_lines(found: Mapping[str, Any]) -> list[str]:
    """Who did not answer or keeps others out, and what to do about it."""
    lines = [f"{one['host']}: {one['problem']}" for one in found["lost"]]
    lines += [said_of(problem) for problem in found["problems"]]
    return [*lines, *([f"next: {found['next']}"] if found["next"] else [])]


def _cell(value: Any) -> str:
    """Text of a host that rich is not to read as its markup."""
    from rich.markup import escape

    if isinstance(value, list):
        return escape("\n".join(value))
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
