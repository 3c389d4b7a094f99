"""The verbs about locks: what each host is asked, and what refuses them. Pure, but for the journal.

They look at every host first. `lock.acquire` then changes all or none: a freeze that some host
did not take is taken back from the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollway import exits
from rollway.rollout.calls import HOST_MODULE, Call, place_of
from rollway.rollout.holder import AT_WORK, GONE, place_of_owner, process_words
from rollway.rollout.journal import Event, Journal
from rollway.rollout.plan import Refusal
from rollway.rollout.request import Request

STATUS, ACQUIRE, RELEASE = "lock.status", "lock.acquire", "lock.release"
LOCK_VERBS = (STATUS, ACQUIRE, RELEASE)
LOOK, FREEZE, UNLOCK, THAW = "look", "freeze", "unlock", "thaw"
LOCK_STEPS = (LOOK, FREEZE, UNLOCK, THAW)


def lock_calls(request: Request, journal: Journal, *, step: str, host: str) -> list[Call] | str:
    """The module call of a step on a host, or in words why there is none."""
    events = journal.events()
    if step == LOOK:
        return [_call(request, host, LOOK)]
    if lock_refusal(request, last_of(events, LOOK)):
        return "the request is refused"
    if step == FREEZE:
        return [_call(request, host, FREEZE)]
    if step == UNLOCK:
        return [_call(request, host, UNLOCK, target=request.target)]
    took = last_of(events, FREEZE)
    if all(event.ok for event in took.values()):
        return "every host is frozen"
    return [_call(request, host, UNLOCK, target=request.run["id"])]


def lock_refusal(request: Request, looked: Mapping[str, Event]) -> Refusal | None:
    """Why nothing is changed anywhere; None where the verb may go on."""
    if request.verb == ACQUIRE:
        return _freeze_refusal(request, looked)
    if request.verb == RELEASE:
        return _release_refusal(request, looked)
    return None


def holders_in(request: Request, events: Mapping[str, Event]) -> list[dict[str, Any]]:
    """Who keeps others out, each once, with the `hosts` where it is so and what to do `next`."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name in hosts_of(request):
        event = events.get(name)
        for one in (event.result.get("holders") if event else None) or ():
            known = found.setdefault(
                (one["kind"], one["id"]), {**one, "hosts": [], "next": _way_on(request, one)}
            )
            known["hosts"].append(name)
    return list(found.values())


def named(holder: Mapping[str, Any]) -> str:
    """`frozen by ana@laptop since 2026-01-31T12:00:00Z: moving the database (run X)`.

    Of a run also what is known of its process.
    """
    known = process_words(holder.get("process"), holder["owner"])
    since = f"by {holder['owner']} since {holder['started']}"
    run = f"(run {holder['id']})"
    held = f"{holder['release']} is held"
    return {
        "freeze": f"frozen {since}: {holder['reason']} {run}",
        "run": f"locked by {holder['verb']} {since} {run}{known}",
        "hold": f"{held} {since} {run}",
        "decision": f"{held}, and {holder['verb']} {since} {run} decides about it{known}",
    }[holder["kind"]]


def troubles_in(request: Request, events: Mapping[str, Event]) -> list[dict[str, str]]:
    """What keeps hosts from answering, a problem for each."""
    return [
        {"host": name, "where": name, "found": found, "next": f"mend {name}, then run this again"}
        for name in hosts_of(request)
        if (found := _trouble(events.get(name)))
    ]


def hosts_of(request: Request) -> list[str]:
    """Every app host and every edge, once."""
    return list(dict.fromkeys([*request.app_hosts, *request.outside, *request.edges]))


def last_of(events: Iterable[Event], *steps: str) -> dict[str, Event]:
    """The last event of these steps, by host."""
    return {event.host: event for event in events if event.step in steps}


def _call(request: Request, host: str, step: str, **more: Any) -> Call:
    arguments = {"step": step, "app": request.app, "run": request.run, "alive": request.alive}
    return Call(HOST_MODULE, {**arguments, **place_of(request, host), **more})


def _freeze_refusal(request: Request, looked: Mapping[str, Event]) -> Refusal | None:
    troubles = troubles_in(request, looked)
    if troubles:
        return Refusal(exits.REFUSED, troubles)
    freezes = [one for one in holders_in(request, looked) if one["kind"] == "freeze"]
    return Refusal(exits.LOCKED, [_held(one) for one in freezes]) if freezes else None


def _release_refusal(request: Request, looked: Mapping[str, Event]) -> Refusal | None:
    """A release needs the name of what it takes away: nobody takes away what they did not see."""
    holding = holders_in(request, looked)
    if any(one["id"] == request.target for one in holding):
        return None
    if not request.target and holding and all(one.get("process") == AT_WORK for one in holding):
        return Refusal(exits.LOCKED, [_held(one) for one in holding])
    if not request.target:
        return Refusal(exits.USAGE, [_not_named(request, holding)])
    if holding:
        return Refusal(exits.LOCKED, [_held(one) for one in holding])
    troubles = troubles_in(request, looked)
    return Refusal(exits.REFUSED, troubles) if troubles else None


def _not_named(request: Request, holding: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    which = f"--env={request.env} --app={request.app}"
    names = "; ".join(f"{', '.join(one['hosts'])}: {named(one)}" for one in holding)
    free = [one for one in holding if one.get("process") != AT_WORK]
    following = _release(request, free[0]["id"]) if free else f"./invoke {STATUS} {which}"
    return {
        "where": "--run",
        "found": f"no run was named; {names or 'nothing is locked'}",
        "accepted": ", ".join(str(one["id"]) for one in free) or "the run that holds a lock",
        "next": following,
    }


def _held(holder: Mapping[str, Any]) -> dict[str, str]:
    return {"host": ", ".join(holder["hosts"]), "found": named(holder), "next": holder["next"]}


def _way_on(request: Request, holder: Mapping[str, Any]) -> str:
    which = f"--env={request.env} --app={request.app}"
    release = _release(request, holder["id"])
    place = place_of_owner(str(holder["owner"]))
    process = holder.get("process")
    if process == AT_WORK:
        return "wait for it"
    decide = f"./invoke promote {which}, or ./invoke abort {which}"
    if process == GONE:
        going_on = f"./invoke status {which} says what continues; or {release}"
        return decide if holder["kind"] == "decision" else going_on
    gone = f"if {place} is gone for good, {release}"
    killed = f"if it was killed, ./invoke abort {which} on {place} takes it over"
    return {
        "freeze": release,
        "run": f"wait for it; {gone}",
        "hold": decide,
        "decision": f"wait for it; {killed}; {gone}",
    }[holder["kind"]]


def _release(request: Request, run: str) -> str:
    return f"./invoke {RELEASE} --env={request.env} --app={request.app} --run={run}"


def _trouble(event: Event | None) -> str:
    if event is None:
        return "it was not asked"
    if event.unreachable:
        return f"unreachable: {event.result.get('msg', 'no answer over SSH')}".strip()
    if event.ok:
        return ""
    problem = event.result.get("problem") or {}
    words = [problem.get("where"), problem.get("found") or event.result.get("msg") or "no answer"]
    return ": ".join(str(word) for word in words if word)
