"""Which of two runs gets the fleet, and who waits for whom. Pure, but for the journal.

The first edge by name arbitrates, since every run takes part there. A run that is refused there
releases everything at once, so whoever is granted it only has to ask the other hosts again. No run
waits for another one anywhere else while it lacks the arbiter's lock: two runs never wait for one
another.

A step that still runs on a host, of a run whose controller is gone, is waited for everywhere: it
ends by itself, and the host says how long it may take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rollway.rollout.journal import Event, Journal
from rollway.rollout.request import Request

ACQUIRE, QUEUE, RETRY = "acquire", "queue", "retry"
WAITING_STEPS = (QUEUE, RETRY)
RETRY_SECONDS = 30.0
TOLD_SECONDS = 8.0  # between two lines about the same wait; hosts are asked every five seconds
UNKNOWN_STEP_SECONDS = 600.0  # for a step of which its host cannot say how long it may take


def arbiter(request: Request) -> str:
    """The first edge by name."""
    return min(request.edges)


def queue_hosts(request: Request) -> list[str]:
    """Where the run waits before it takes any other lock; nowhere unless it was asked to."""
    return [arbiter(request)] if request.wait_seconds and not request.reads_only else []


def is_settled(request: Request, acquired: Mapping[str, Event], host: str) -> str:
    """Why a host is not to be asked any more, once the run has waited; '' where it is."""
    name = arbiter(request)
    known = acquired.get(name)
    if known is None or not queue_hosts(request):
        return ""
    if host == name:
        return "it was asked while the run waited"
    return f"{name} arbitrates, and another run has it" if is_locked(known) else ""


def retry_hosts(request: Request, acquired: Mapping[str, Event]) -> list[str]:
    """Hosts to ask again: a run that was refused at the arbiter is about to release them.

    None where that is this one.
    """
    known = acquired.get(arbiter(request))
    if request.reads_only or known is None or not (known.ok or is_busy(known)):
        return []
    return [name for name, event in acquired.items() if ends_by_itself(event)]


def seconds_left(request: Request, journal: Journal, event: Event, *, now: float) -> float:
    """How long this host may still be asked again; 0 where waiting has no point or no time."""
    if not ends_by_itself(event) or _has_lost(request, journal, event):
        return 0.0
    if is_busy(event):
        return _step_seconds_left(journal, event, now=now)
    if event.step == QUEUE:
        began = datetime.fromisoformat(str(request.run["started"])).timestamp()
        return max(0.0, began + request.wait_seconds - now)
    first = journal.results(ACQUIRE).get(event.host)
    return max(0.0, (first.time if first else now) + RETRY_SECONDS - now)


def _has_lost(request: Request, journal: Journal, event: Event) -> bool:
    """Whether another run has the arbiter: then nothing is waited for anywhere."""
    name = arbiter(request)
    if event.step != RETRY:
        return False
    known = event if event.host == name else journal.results(ACQUIRE).get(name)
    return known is not None and is_locked(known) and not is_busy(known)


def _step_seconds_left(journal: Journal, event: Event, *, now: float) -> float:
    """By the host's word how long its step may take, or else from the first time it was met."""
    left = event.result["busy"].get("left")
    if left is not None:
        return max(0.0, float(left))
    told = [one for one in journal.events() if one.host == event.host and one.result.get("busy")]
    met = min([now, *(one.time for one in told)])
    return max(0.0, met + UNKNOWN_STEP_SECONDS - now)


def has_to_be_told(events: Iterable[Event], event: Event, *, now: float) -> bool:
    """Whether a wait begins, has another cause than before, or has lasted since the last line."""
    told = [one for one in events if one.step == QUEUE and one.host == event.host]
    if not told:
        return True
    is_new = _cause(told[-1]) != _cause(event)
    return is_new or now - told[-1].time >= TOLD_SECONDS


def waiting(event: Event, *, left: float) -> Event:
    """The line about a wait: no failure, and no answer of a host yet."""
    result = {name: event.result.get(name) for name in ("problem", "lock", "hold", "busy")}
    return Event(QUEUE, event.host, result={**result, "seconds_left": round(left)})


def is_locked(event: Event) -> bool:
    """Whether somebody else's lock refused it."""
    return not event.ok and event.result.get("outcome") == "locked"


def is_busy(event: Event) -> bool:
    """Whether a step that still runs on the host refused it, and no run at work."""
    return not event.ok and bool(event.result.get("busy"))


def ends_by_itself(event: Event) -> bool:
    """Whether a run's lock refused it: a person alone ends a freeze or a hold.

    A step that still runs on the host names no hold, and ends as well.
    """
    hold = event.result.get("hold") or {}
    is_open = bool(hold) and not hold.get("decided_by")
    return is_locked(event) and not event.result.get("freeze") and not is_open


def _cause(event: Event) -> Any:
    busy = event.result.get("busy") or {}
    return (event.result.get("lock") or {}).get("id"), busy.get("step")
