"""An application's page of maintenance at an edge: an entry of a map, changed at run time.

The front asks the map before it chooses a backend, so servers, requests in flight and upgraded
connections know nothing of it. Commands: HAProxy management guide, 9.3 (`show map`, `add map`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from . import edge_store
from .edge_call import Edge
from .edge_store import Paths
from .files import remove_durably, write_atomic
from .names import run_id
from .problem import Problem
from .sealed import read_sealed, write_sealed

ATTEMPTS = 3  # a foreign reload in the middle starts from the file: then once more
LONGEST_SECONDS = 86400
ON, OFF = "on", "off"


@dataclass(frozen=True)
class Notice:
    """Who switched the page, when and why; `retry_seconds` is what clients are told."""

    run: str
    owner: str
    since: str
    reason: str
    retry_seconds: int

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Notice:
        """Return the notice in module arguments; Problem when it is not one."""
        try:
            seconds = int(value["retry_seconds"])
            owner, since, reason = (str(value[name]) for name in ("owner", "since", "reason"))
            found = cls(run_id(value["run"]), owner, since, reason, seconds)
        except (KeyError, TypeError, ValueError) as error:
            expected = "run, owner, since, reason, retry_seconds"
            raise Problem("maintenance", f"not a notice: {error}", expected) from error
        if not 0 < seconds <= LONGEST_SECONDS:
            raise Problem(
                "maintenance/retry_seconds", f"found {seconds}", f"1 to {LONGEST_SECONDS}"
            )
        return found


def describe(edge: Edge, app: str) -> dict[str, Any]:
    """What users of an application are told; an edge provisioned before there was a page has none.

    `maintenance` is None while requests reach the application.
    """
    entries = _entries(edge, edge.master.processes().current)
    told = (entries or {}).get(app)
    known = read_sealed(edge.paths.notice(app)) if told else None
    seconds = int(told) if told and told.isdecimal() else None  # an entry may be a person's
    page = {**(known or {}), "retry_seconds": seconds} if told else None
    return {"maintenance": page, "has_page": entries is not None}


def switch(edge: Edge, app: str, notice: Notice, *, is_on: bool, check: bool) -> bool:
    """Show the page or take it away: tell the worker, write the file, look again.

    Returns whether anything changed, or would in check mode.
    """
    wanted = str(notice.retry_seconds) if is_on else None
    with edge_store.held(edge.paths):
        if is_on and edge_store.load(edge.paths, app) is None:
            raise _unknown(edge.paths, app)
        changed = _differs(edge, app, wanted)
        if check or not changed:
            return changed
        for _ in range(ATTEMPTS):
            pid = edge.master.processes().current
            _tell(edge, pid, app, wanted)
            write_atomic(edge.paths.maintenance, _text(edge.paths, app, wanted))
            if edge.master.processes().current == pid and not _differs(edge, app, wanted):
                _remember(edge.paths, app, notice, is_on=is_on)
                return True
    raise Problem(
        str(edge.paths.maintenance),
        f"something else changed it or reloaded HAProxy {ATTEMPTS} times",
        "an edge that nobody else changes meanwhile",
        "journalctl --unit=haproxy --lines=30",
    )


def difference(edge: Edge, app: str) -> tuple[str, str] | None:
    """What HAProxy shows, and what it would show after a restart, where those differ."""
    entries = _entries(edge, edge.master.processes().current)
    shown, kept = (entries or {}).get(app), _kept(edge.paths).get(app)
    return None if shown == kept else (_words(shown), _words(kept))


def forget(edge: Edge, app: str) -> None:
    """Let nothing of an application's page remain; a worker that never knew it is told nothing."""
    pid = edge.master.processes().current
    if app in (_entries(edge, pid) or {}):
        _tell(edge, pid, app, None)
    if app in _kept(edge.paths):
        write_atomic(edge.paths.maintenance, _text(edge.paths, app, None))
    edge.paths.notice(app).unlink(missing_ok=True)


def parse_map(text: str) -> dict[str, str] | None:
    """Read the answer to `show map`, `<reference> <key> <value>` a line; None for no such map."""
    if text.startswith("Unknown map"):
        return None
    rows = [line.split() for line in text.splitlines()]
    return {row[1]: row[2] for row in rows if len(row) == 3}  # noqa: PLR2004


def _differs(edge: Edge, app: str, wanted: str | None) -> bool:
    entries = _entries(edge, edge.master.processes().current)
    if entries is None:
        raise Problem(
            str(edge.paths.maintenance),
            "HAProxy knows no such map",
            "an edge that can show a page",
            "./invoke provision, then this again",
        )
    return entries.get(app) != wanted or _kept(edge.paths).get(app) != wanted


def _tell(edge: Edge, pid: int, app: str, wanted: str | None) -> None:
    """Old workers are told too, as far as they listen: each connection asks once more there."""
    entries = _entries(edge, pid) or {}
    edge.master.tell(pid, _commands(edge.paths, app, entries.get(app), wanted))
    anew = [f"del map {edge.paths.maintenance} {app}", *_commands(edge.paths, app, None, wanted)]
    for worker in edge.master.processes().old:
        edge.master.ask(worker.pid, *anew)


def _commands(paths: Paths, app: str, now: str | None, wanted: str | None) -> list[str]:
    if now == wanted:
        return []
    if wanted is None:
        return [f"del map {paths.maintenance} {app}"]
    return [f"{'add' if now is None else 'set'} map {paths.maintenance} {app} {wanted}"]


def _entries(edge: Edge, pid: int) -> dict[str, str] | None:
    return parse_map(edge.master.ask(pid, f"show map {edge.paths.maintenance}"))


def _kept(paths: Paths) -> dict[str, str]:
    """The entries of the file, which a new worker starts with."""
    text = paths.maintenance.read_text() if paths.maintenance.exists() else ""
    return {row[0]: row[1] for line in text.splitlines() if len(row := line.split()) == 2}  # noqa: PLR2004


def _text(paths: Paths, app: str, wanted: str | None) -> str:
    entries = {name: value for name, value in _kept(paths).items() if name != app}
    entries |= {app: wanted} if wanted else {}
    return "".join(f"{name} {value}\n" for name, value in sorted(entries.items()))


def _remember(paths: Paths, app: str, notice: Notice, *, is_on: bool) -> None:
    path = paths.notice(app)
    if is_on:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_sealed(path, asdict(notice))
    elif path.exists():
        remove_durably(path)


def _words(value: str | None) -> str:
    return f"a page of maintenance, Retry-After {value}" if value else "no page of maintenance"


def _unknown(paths: Paths, app: str) -> Problem:
    return Problem(
        str(paths.record(app)),
        f"{app} was never released at this edge",
        "an application that has a release",
        f"./invoke deploy --app={app}",
    )
