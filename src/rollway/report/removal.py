"""`result.json` of a remove: where the application is gone, and where it is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.records.files import write_whole
from rollway.report.ending import names_in_short
from rollway.rollout.interrupted import not_recorded, signal_in
from rollway.rollout.journal import Event, Journal, without_repeats
from rollway.rollout.locks import last_of
from rollway.rollout.plan import REMOVE, Plan, load_plan
from rollway.rollout.removal import VACATE, edges_left
from rollway.rollout.request import Request, load_request

Ending = tuple[str, int, str, str]


def write_removal(run_dir: Path) -> dict[str, Any]:
    """Fold the run's folder into `result.json`, and return the result."""
    events = without_repeats(Journal(run_dir).events())
    result = removal_result(load_request(run_dir), load_plan(run_dir), events)
    write_whole(run_dir / "result.json", json.dumps(result, indent=1, ensure_ascii=False))
    return result


def removal_result(request: Request, plan: Plan | None, events: list[Event]) -> dict[str, Any]:
    """The contract of `remove --json`; it has the keys that the result of every run has."""
    name, code, sentence, following = _ended(request, plan, events)
    problems = plan.refusal.problems if plan and plan.refusal else _problems(events)
    done = last_of(events, REMOVE)
    return {
        "run": request.run["id"],
        "verb": request.verb,
        "app": request.app,
        "env": request.env,
        "owner": request.run.get("owner"),
        "started": request.run["started"],
        "finished": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "outcome": name,
        "exit": code,
        "sentence": sentence,
        "next": following,
        "hosts": [{"host": host, **_host(done.get(host))} for host in _places(request)],
        "notes": _notes(request, done.values()),
        "problems": problems,
    }


def _ended(request: Request, plan: Plan | None, events: list[Event]) -> Ending:
    which = f"--env={request.env} --app={request.app}"
    again = f"./invoke {REMOVE} {which} --yes{' --volumes' if request.volumes else ''}"
    if plan is None and not signal_in(events):
        return "broken", exits.UNEXPECTED, "it ended without a plan", f"./invoke status {which}"
    if plan and plan.refusal:
        is_locked = plan.refusal.exit_code == exits.LOCKED
        name = "locked" if is_locked else "refused"
        following = next((one["next"] for one in plan.refusal.problems if one.get("next")), again)
        return name, plan.refusal.exit_code, f"{name} before any change", following
    places = names_in_short(_places(request))
    if request.reads_only:
        return "planned", exits.DONE, f"{request.app} would leave {places}", again
    vacated, done = last_of(events, VACATE), last_of(events, REMOVE)
    left = _left(request, vacated, done)
    if left and signal_in(events):
        return _interrupted(request, plan, events, left, again)
    return (
        ("broken", exits.NEEDS_PERSON, left, again)
        if left
        else _gone(request, vacated, done, places)
    )


def _interrupted(
    request: Request, plan: Plan | None, events: list[Event], left: str, again: str
) -> Ending:
    """A signal: what is begun stays on record, for the same command."""
    signal, done = signal_in(events), last_of(events, REMOVE)
    begun = [name for name in _places(request) if name not in done or not done[name].ok]
    missing = not_recorded(begun, events)
    told = (
        [f"interrupted by {signal}", left]
        if plan
        else [f"interrupted by {signal} before any change"]
    )
    told += [f"not recorded on {', '.join(missing)}"] if missing else []
    return "aborted", exits.after_signal(signal), "; ".join(told), again


def _left(request: Request, vacated: Mapping[str, Event], done: Mapping[str, Event]) -> str:
    """Where the application still is, in a sentence; nothing where it is gone."""
    kept = edges_left(request, vacated)
    if kept:
        return f"{request.app} is still at {', '.join(kept)}, so no host stopped anything"
    left = [name for name in _places(request) if name not in done or not done[name].ok]
    return f"{request.app} has left the edges, and is still on {', '.join(left)}" if left else ""


def _gone(
    request: Request, vacated: Mapping[str, Event], done: Mapping[str, Event], places: str
) -> Ending:
    was_there = any(event.result.get("changed") for event in vacated.values())
    if not was_there and not any(event.result.get("found") for event in done.values()):
        sentence = f"there is nothing of {request.app} on {places}"
        return "nothing", exits.DONE, sentence, ""
    following = f"./invoke audit --env={request.env} --app={request.app}"
    return "removed", exits.DONE, f"{request.app} has left {places}", following


def _places(request: Request) -> list[str]:
    return list(dict.fromkeys([*request.app_hosts, *request.edges]))


def _host(event: Event | None) -> dict[str, Any]:
    is_done = event is not None and event.ok
    return {
        "removed": is_done,
        "volumes": event.result.get("volumes", []) if event else [],
        "cut": event.result.get("cut", {}) if event else {},
        "seconds": event.result.get("seconds") if event else None,
    }


def _notes(request: Request, done: Iterable[Event]) -> list[str]:
    """Which volumes stay, and which connections had to be cut."""
    seen = list(done)
    kept = sorted({name for event in seen for name in event.result.get("volumes") or ()})
    notes = [] if request.volumes or not kept else [f"volumes stay: {', '.join(kept)}"]
    cut = {event.host: sum((event.result.get("cut") or {}).values()) for event in seen}
    return [*notes, *(f"{host}: {count} connections cut" for host, count in cut.items() if count)]


def _problems(events: Iterable[Event]) -> list[dict[str, Any]]:
    return [
        {
            "host": event.host,
            "step": event.step,
            "unreachable": event.unreachable,
            **(event.result.get("problem") or {"found": str(event.result.get("msg", ""))}),
        }
        for event in events
        if not event.ok
    ]
