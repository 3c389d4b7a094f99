"""Who holds an application, and what became of a verb about it: `locks.json` and its lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.records.files import write_whole
from rollway.report.ending import names_in_short
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import (
    ACQUIRE,
    FREEZE,
    LOCK_STEPS,
    LOOK,
    RELEASE,
    STATUS,
    THAW,
    UNLOCK,
    holders_in,
    hosts_of,
    last_of,
    lock_refusal,
    named,
    troubles_in,
)
from rollway.rollout.request import Request, load_request
from rollway.rollout.trouble import said_of

LOCKS = "locks.json"
Ending = tuple[int, str, list[dict[str, str]], str]


def write_locks(run_dir: Path) -> dict[str, Any]:
    """Fold what the hosts answered into `locks.json`, and return it."""
    found = fleet_locks(load_request(run_dir), Journal(run_dir).events())
    write_whole(run_dir / LOCKS, json.dumps(found, indent=1, ensure_ascii=False))
    return found


def fleet_locks(request: Request, events: list[Event]) -> dict[str, Any]:
    """The contract of `lock.status --json`, with how the verb ended."""
    last = last_of([event for event in events if "holders" in event.result], *LOCK_STEPS)
    code, sentence, problems, following = _ended(request, events)
    troubled = {one["host"]: one["found"] for one in troubles_in(request, last_of(events, LOOK))}
    hosts = [
        {
            "host": name,
            "holders": last[name].result["holders"] if name in last else None,
            "problem": troubled.get(name),
        }
        for name in hosts_of(request)
    ]
    return {
        "env": request.env,
        "app": request.app,
        "run": request.run["id"],
        "verb": request.verb,
        "exit": code,
        "sentence": sentence,
        "problems": problems,
        "next": following,
        "holders": holders_in(request, last),
        "hosts": hosts,
    }


def lock_lines(found: Mapping[str, Any]) -> list[str]:
    """The same for people: the end of the verb, and who holds what."""
    lines = [f"{found['app']} on {found['env']}: {found['sentence']}"]
    for one in found["holders"] if found["exit"] == exits.DONE else ():
        lines += [f"  {names_in_short(one['hosts'])}: {named(one)}", f"    next: {one['next']}"]
    for problem in found["problems"]:
        lines.append(f"  {said_of(problem)}")
        lines += [f"    accepted: {problem['accepted']}"] if problem.get("accepted") else []
    return [*lines, *([f"  next: {found['next']}"] if found["next"] else [])]


def _ended(request: Request, events: list[Event]) -> Ending:
    refusal = lock_refusal(request, last_of(events, LOOK))
    if refusal:
        following = next((one["next"] for one in refusal.problems if one.get("next")), "")
        return refusal.exit_code, "refused; nothing was changed", refusal.problems, following
    ended = {STATUS: _status, ACQUIRE: _acquired, RELEASE: _released}
    return ended[request.verb](request, events)


def _status(request: Request, events: list[Event]) -> Ending:
    looked = last_of(events, LOOK)
    troubles = troubles_in(request, looked)
    if len(troubles) == len(hosts_of(request)):
        return exits.REFUSED, "no host answers", troubles, troubles[0]["next"]
    count = len(holders_in(request, looked))
    words = {0: "nobody holds it", 1: "held by one"}.get(count, f"held by {count}")
    return exits.DONE, words, troubles, ""


def _acquired(request: Request, events: list[Event]) -> Ending:
    run = request.run["id"]
    undo = f"./invoke {RELEASE} --env={request.env} --app={request.app} --run={run}"
    if request.reads_only:
        return exits.DONE, "would be frozen", [], ""
    took = last_of(events, FREEZE)
    troubles = troubles_in(request, took)
    if not troubles:
        return exits.DONE, f"frozen: {request.run['reason']}", [], undo
    left = troubles_in(request, last_of(events, THAW))
    if left:
        names = ", ".join(one["host"] for one in left)
        return exits.NEEDS_PERSON, f"not frozen everywhere, and {names} may be", troubles, undo
    is_locked = any(event.result.get("outcome") == "locked" for event in took.values())
    code = exits.LOCKED if is_locked else exits.REFUSED
    following = next((one["next"] for one in troubles), "")
    return code, "not frozen: what was frozen is released again", troubles, following


def _released(request: Request, events: list[Event]) -> Ending:
    looked, done = last_of(events, LOOK), last_of(events, UNLOCK)
    holding = [one for one in holders_in(request, looked) if one["id"] == request.target]
    if not holding:
        return exits.DONE, f"nothing is locked by {request.target}, nor by anybody else", [], ""
    if request.reads_only:
        return exits.DONE, f"{request.target} would be released", [], ""
    again = f"./invoke {RELEASE} --env={request.env} --app={request.app} --run={request.target}"
    troubles = troubles_in(request, done)
    if troubles:
        sentence = f"{request.target} is not released on every host"
        return exits.NEEDS_PERSON, sentence, troubles, again
    kind = holding[0]["kind"]
    which = f"--env={request.env} --app={request.app}"
    decide = f"./invoke promote {which}, or ./invoke abort {which}"
    following = decide if kind == "decision" else f"./invoke status {which}"
    return exits.DONE, f"released: the {kind} of {request.target}", [], following
