"""Where a fleet is not as it records, for people and as `drift.json`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rollway.records.files import write_whole
from rollway.report.history import why
from rollway.rollout.drift import Finding, edges_astray, jobs_astray, singletons_astray
from rollway.rollout.fleet import host_view
from rollway.rollout.journal import Event, Journal
from rollway.rollout.request import Request, load_request

DRIFT = "drift.json"
_VERBS = {"lock": "abort", "skew": "deploy", "server": "deploy", "singleton": "deploy"}
"""What mends a finding that does not say so itself, by kind."""
COLUMNS = ("host", "kind", "where", "found", "accepted")


def write_drift(run_dir: Path) -> dict[str, Any]:
    """Compare what the hosts answered into `drift.json`, and return it."""
    found = fleet_drift(load_request(run_dir), Journal(run_dir).results("drift"))
    write_whole(run_dir / DRIFT, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def fleet_drift(request: Request, told: Mapping[str, Event]) -> dict[str, Any]:
    """All findings, each with the next command; hosts that did not answer are named as `lost`."""
    asked = list(dict.fromkeys([*request.app_hosts, *request.edges]))
    lost = [
        {"host": name, "problem": why(told.get(name))}
        for name in asked
        if name not in told or not told[name].ok
    ]
    serving = _serving(request, told)
    hold = next((one.result["hold"] for one in told.values() if one.result.get("hold")), None)
    astray = [
        *edges_astray(request, told),
        *singletons_astray(request, told),
        *jobs_astray(request, told),
    ]
    findings = [*_skew(serving, hold), *_own(asked, told), *astray]
    return {
        "env": request.env,
        "app": request.app,
        "hosts": [{"host": host, "release": release} for host, release in serving.items()],
        "findings": [_with_next(one, request, newest_of(serving)) for one in _once(findings)],
        "lost": lost,
        "remarks": _remarks(asked, told, hold),
    }


def _serving(request: Request, told: Mapping[str, Event]) -> dict[str, str | None]:
    return {
        name: host_view(told[name]).active_release
        for name in request.app_hosts
        if name in told and told[name].ok
    }


def _skew(serving: Mapping[str, str | None], hold: Any) -> Iterator[Finding]:
    """Hosts on different releases; while a person decides about a held one that is as it should."""
    releases = {release for release in serving.values() if release}
    if hold or not releases or len(set(serving.values())) == 1:
        return
    newest = newest_of(serving)
    for host, release in serving.items():
        if release != newest:
            words = {"found": release or "nothing serves", "accepted": f"{newest}, as elsewhere"}
            yield {"host": host, "kind": "skew", "where": "release", **words}


def newest_of(serving: Mapping[str, str | None]) -> str | None:
    """The release with the highest number."""
    known = [release for release in serving.values() if release]
    return max(known, key=lambda one: int(one.partition("-")[0]), default=None)


def _own(asked: list[str], told: Mapping[str, Event]) -> Iterator[Finding]:
    """What hosts and edges found against their own records."""
    for name in asked:
        if name not in told or not told[name].ok:
            continue
        result = told[name].result
        parts = (result, result.get("edge") or {})
        yield from ({"host": name, **one} for part in parts for one in part.get("findings") or ())


def _once(findings: list[Finding]) -> list[Finding]:
    """A server astray from the edge's record and from the host's is one finding."""
    first: dict[tuple[str, str, str], Finding] = {}
    for one in findings:
        first.setdefault((one["host"], one["where"], one["found"]), one)
    return list(first.values())


def _with_next(finding: Finding, request: Request, newest: str | None) -> Finding:
    """The command that mends it: on the host itself, or of ours."""
    rest = {key: value for key, value in finding.items() if key != "verb"}
    if finding.get("next"):
        return {**rest, "next": f"on {finding['host']}: {finding['next']}"}
    verb = finding.get("verb") or _VERBS.get(finding["kind"], "deploy")
    options = {
        "deploy": f" --version={newest.partition('-')[2]}" if newest else "",
        "doctor": " --fix",
        "restart": f" --limit={finding['host']}",
    }
    command = f"./invoke {verb} --env={request.env} --app={request.app}{options.get(verb, '')}"
    return {**rest, "next": command}


def _remarks(asked: list[str], told: Mapping[str, Event], hold: Any) -> list[str]:
    held = [f"{hold['release']} is held: hosts may serve different releases"] if hold else []
    heard = [name for name in asked if name in told]
    said = [f"{name}: {one}" for name in heard for one in told[name].result.get("remarks") or ()]
    return [*held, *said]


def print_drift(found: Mapping[str, Any]) -> None:
    """Print the findings on stdout, and below them what mends each."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    title = f"{found['app']} on {found['env']}"
    if not found["findings"]:
        console.print(f"{title}: no drift on {len(found['hosts'])} hosts", markup=False)
        return
    table = Table(title=title, title_justify="left")
    for name in COLUMNS:
        table.add_column(name, overflow="fold")
    for one in found["findings"]:
        table.add_row(*(_plain(one[name]) for name in COLUMNS))
    console.print(table)
    for line in next_lines(found["findings"]):
        console.print(line, markup=False, soft_wrap=True)


def next_lines(findings: list[Finding]) -> list[str]:
    """Each command once, in the order of the findings."""
    return [f"next: {command}" for command in dict.fromkeys(one["next"] for one in findings)]


def _plain(text: str) -> str:
    """Text of a host that rich is not to read as its markup."""
    from rich.markup import escape

    return escape(text)
