"""The state of a fleet as a table for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.report.ending import step_lines
from rollway.rollout.holder import process_words
from rollway.rollout.maintenance import said_of_page
from rollway.rollout.silence import DOWN

SILENT = "does not answer the edge"
COLUMNS = ("host", "release", "slot", "healthy", "in rotation")


def print_status(status: Mapping[str, Any]) -> None:
    """Print hosts, edges and trouble of a fleet on stdout."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(*COLUMNS, title=title_of(status), title_justify="left")
    for host in status["hosts"]:
        table.add_row(*host_cells(host))
    console.print(table)
    for line in status_lines(status):
        console.print(line, markup=False)


def title_of(status: Mapping[str, Any]) -> str:
    """What serves; a host that does not answer is not counted."""
    name = f"{status['app']} on {status['env']}"
    silent, count = silent_in(status), len(status["hosts"])
    if status["release"] and silent:
        return f"{name}: {status['release']} on {count - len(silent)} of {count} hosts"
    return f"{name}: {status['release'] or status['outcome'] or 'nothing'}"


def silent_in(status: Mapping[str, Any]) -> list[str]:
    """Hosts that were not heard, and those that an edge asks in vain."""
    unheard = {host["host"] for host in status["hosts"] if host["problem"]}
    asked = [
        (one["host"], one["state"])
        for edge in status["edges"]
        for one in edge["servers"]
        if one["state"] != "maint"
    ]
    down = {host for host, _ in asked} - {host for host, state in asked if state != DOWN}
    return [host["host"] for host in status["hosts"] if host["host"] in unheard | down]


def host_cells(host: Mapping[str, Any]) -> list[str]:
    """One row: words instead of truth values."""
    return [
        host["host"],
        host["release"] or "-",
        host["slot"] or "-",
        "yes" if host["healthy"] else ", ".join(["no", *_lacking(host)]),
        "yes" if host["in_rotation"] else "no",
    ]


def _lacking(host: Mapping[str, Any]) -> list[str]:
    """`api 1 of 2` for each service of which some are gone."""
    return [f"{one['service']} {one['running']} of {one['wanted']}" for one in host["lacking"]]


def status_lines(status: Mapping[str, Any]) -> list[str]:
    """What stands below the table: edges, hosts in trouble, locks, an interrupted run."""
    lines = [f"{edge['host']}: {_servers(edge)}" for edge in status["edges"]]
    lines += [
        f"{edge['host']}: maintenance is on{said_of_page(edge['maintenance'])}"
        for edge in status["edges"]
        if edge["maintenance"]
    ]
    lines += [
        f"singleton {one['service']}: {', '.join(one['hosts']) or 'runs nowhere'}"
        for one in status.get("singletons", [])
    ]
    problems = {host["host"]: host["problem"] for host in status["hosts"]}
    lines += [f"{name}: {problems[name] or SILENT}" for name in silent_in(status)]
    lines += [
        f"{host['host']}: {_restarts(one)}" for host in status["hosts"] for one in host["restarted"]
    ]
    which = f"--env={status['env']} --app={status['app']}"
    if any(host["lacking"] for host in status["hosts"]) and not status["locks"]:
        lines.append(f"next: ./invoke doctor {which} --fix")
    if frozen := status["frozen"]:
        lines.append(f"frozen by {frozen['owner']} since {frozen['started']}: {frozen['reason']}")
        lines.append(f"next: ./invoke lock.release {which} --run={frozen['id']}")
    if held := status["held"]:
        lines.append(f"{held['release']} is held: {'; '.join(held['reasons'])}")
        lines.append(f"next: ./invoke promote {which}, or ./invoke abort {which}")
        return lines
    lines += [
        f"{lock['host']}: locked by {lock['owner']} ({lock['id']})"
        f"{process_words(lock.get('process'), lock['owner'])}"
        for lock in status["locks"]
    ]
    return [*lines, *_interrupted(status["interrupted_run"])]


def _restarts(one: Mapping[str, Any]) -> str:
    times = "once" if one["restarts"] == 1 else f"{one['restarts']} times"
    # its last exit code is gone as soon as it runs again
    why = (
        "" if one["state"] == "running" else f", {one['state']} after exit code {one['exit_code']}"
    )
    return f"{one['container']} ended by itself and was restarted {times}{why}" + (
        ", killed for its memory" if one["oom"] else ""
    )


def _interrupted(run: Mapping[str, Any] | None) -> list[str]:
    if not run:
        return []
    what = f"{run['verb'] or 'run'} of {run['release']}" if run["release"] else run["verb"] or "run"
    where = (f"  {line}" for line in step_lines(run["hosts"]))
    return [f"interrupted: {what} ({run['run']})", *where, f"next: {run['next']}"]


def _servers(edge: Mapping[str, Any]) -> str:
    if edge["problem"]:
        return str(edge["problem"])
    serving = [one for one in edge["servers"] if one["state"] != "maint"]
    return ", ".join(f"{one['name']} {one['state']}" for one in serving) or "no server is ready"
