"""The verb `maintenance`: what each edge is asked, and what refuses it. Pure, but for the journal.

Every edge is looked at first. Then all show the page or none: where one does not, those that
changed are put back as they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rollway import exits
from rollway.rollout.calls import EDGE_MODULE, HOST_ROOT, Call, place_of
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import last_of
from rollway.rollout.plan import Refusal
from rollway.rollout.request import Request

MAINTENANCE, ON, OFF = "maintenance", "on", "off"
INSPECT, MAINTAIN, RESTORE = "inspect", "maintain", "restore"
MAINTENANCE_STEPS = (INSPECT, MAINTAIN, RESTORE)


def maintenance_calls(
    request: Request, journal: Journal, *, step: str, host: str
) -> list[Call] | str:
    """The module call of a step on an edge, or in words why there is none."""
    events = journal.events()
    if step == INSPECT:
        return [_call(request, host, "read")]
    seen = last_of(events, INSPECT)
    if maintenance_refusal(request, seen):
        return "the request is refused"
    if step == MAINTAIN:
        return [_call(request, host, MAINTAIN, maintenance=_wanted(request))]
    done = last_of(events, MAINTAIN)
    if all(event.ok for event in done.values()) or request.reads_only:
        return "every edge is as asked"
    return [_call(request, host, MAINTAIN, maintenance=_before(request, seen[host]))]


def maintenance_refusal(request: Request, seen: Mapping[str, Event]) -> Refusal | None:
    """Why nothing is changed at any edge; None where the verb may go on."""
    problems = [
        {"host": name, "where": name, **found}
        for name in sorted(request.edges)
        if (found := _obstacle(request, seen.get(name)))
    ]
    return Refusal(exits.REFUSED, problems) if problems else None


def troubles_of(request: Request, events: Mapping[str, Event]) -> list[dict[str, str]]:
    """What kept edges from doing a step, a problem for each."""
    return [
        {"host": name, "where": name, **found}
        for name in sorted(request.edges)
        if (found := _trouble(events.get(name)))
    ]


def page_of(event: Event) -> dict[str, Any] | None:
    """The page of maintenance that users get at an edge, from its own answer or `acquire`'s."""
    reading = event.result.get("edge") or event.result
    found: dict[str, Any] | None = reading.get("maintenance")
    return found


def page_notes(request: Request, events: Iterable[Event]) -> list[str]:
    """What a run says when users get a page of maintenance while it works."""
    pages = {event.host: page for event in events if (page := page_of(event))}
    if not pages:
        return []
    edges, page = ", ".join(sorted(pages)), next(iter(pages.values()))
    following = f"./invoke {MAINTENANCE} {OFF} --env={request.env} --app={request.app}"
    return [f"{edges}: maintenance is on{said_of_page(page)}; users come back with {following}"]


def said_of_page(page: Mapping[str, Any]) -> str:
    """` since 2026-01-31T12:00:00Z by ana@laptop: moving the database`, as far as it is known."""
    who = f" since {page['since']} by {page['owner']}" if page.get("owner") else ""
    return f"{who}: {page['reason']}" if page.get("reason") else who


def _call(request: Request, host: str, step: str, **more: Any) -> Call:
    root = place_of(request, host).get("root", HOST_ROOT)
    asked = {"app": request.app, "step": step, "lock_root": root, "env": request.run.get("env")}
    return Call(EDGE_MODULE, {**asked, **more})


def _wanted(request: Request) -> dict[str, Any]:
    reason = str(request.run.get("reason") or "")
    return {
        "state": request.switch,
        "retry_seconds": request.retry_seconds,
        "run": request.run["id"],
        "owner": request.run["owner"],
        "since": request.run["started"],
        "reason": "" if reason == request.verb else reason,  # the verb, where none was given
    }


def _before(request: Request, seen: Event) -> dict[str, Any]:
    """What an edge did when it was looked at: the page of that time, or none."""
    page = page_of(seen)
    return {**_wanted(request), "state": ON, **page} if page else {**_wanted(request), "state": OFF}


def _obstacle(request: Request, event: Event | None) -> dict[str, str] | None:
    trouble = _trouble(event)
    if trouble or event is None:
        return trouble
    if not event.result.get("has_page"):
        return {
            "found": "it was provisioned before there was a page of maintenance",
            "accepted": "an edge that can show one",
            "next": f"./invoke provision --env={request.env}, then this again",
        }
    if request.switch == ON and not event.result.get("backend"):
        return {
            "found": f"{request.app} was never released there",
            "accepted": "an application that has a release",
            "next": f"./invoke deploy --env={request.env} --app={request.app}",
        }
    return None


def _trouble(event: Event | None) -> dict[str, str] | None:
    if event is None:
        return {"found": "it was not asked", "next": "the same command without --limit"}
    if event.unreachable:
        found = f"unreachable: {event.result.get('msg', 'no answer over SSH')}".strip()
        return {"found": found, "next": f"mend {event.host}, then run this again"}
    if event.ok:
        return None
    problem = event.result.get("problem") or {"found": event.result.get("msg", "no answer")}
    return {"next": f"mend {event.host}, then run this again", **problem}
