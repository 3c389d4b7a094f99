"""The verbs beside releases: what each host is asked, first to look and then to act. Pure.

Nothing is changed anywhere while a run, a freeze or a held release keeps others out on any host.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway import exits
from rollway.rollout.calls import HOST_MODULE, Call, place_of
from rollway.rollout.doctor import DOCTOR_ACT, DOCTOR_LOOK, findings_of, look_call, repair_call
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import last_of
from rollway.rollout.plan import Refusal
from rollway.rollout.request import Request

PRUNE = "prune"
PRUNE_LOOK, PRUNE_ACT = "prune_look", "prune_act"
UPKEEP_STEPS = (PRUNE_LOOK, PRUNE_ACT, DOCTOR_LOOK, DOCTOR_ACT)
FOUND = ("releases", "images", "slots")


def upkeep_calls(request: Request, journal: Journal, *, step: str, host: str) -> list[Call] | str:
    """The module call of a step on a host, or in words why there is none."""
    if step == DOCTOR_LOOK:
        return [look_call(request, host)]
    if step in (PRUNE_LOOK, PRUNE_ACT) and host not in request.app_hosts:
        return "it keeps no releases, or is outside the limit"
    if step == PRUNE_LOOK:
        return [_prune(request, host, "read")]
    looked = last_of(journal.events(), PRUNE_LOOK if step == PRUNE_ACT else DOCTOR_LOOK)
    refused = _why_not(request, looked, host)
    if refused:
        return refused
    if step == DOCTOR_ACT:
        has_any = any(one["fix"] for one in findings_of(host, looked, edges=request.edges))
        return [repair_call(request, host, looked)] if has_any else "there is nothing to mend"
    has_any = any(looked[host].result.get(name) for name in FOUND)
    return [_prune(request, host, "lock")] if has_any else "there is nothing to remove"


def upkeep_refusal(looked: Mapping[str, Event]) -> Refusal | None:
    """Who keeps others out, on whichever host; None where nobody does."""
    problems = [
        {"host": name, **problem}
        for name, event in looked.items()
        if (problem := event.result.get("would_refuse"))
    ]
    return Refusal(exits.LOCKED, problems) if problems else None


def locked_on(acted: Mapping[str, Event]) -> list[dict[str, Any]]:
    """Hosts that somebody else had locked by the time they were to be changed."""
    return [
        {"host": name, **event.result["problem"]}
        for name, event in acted.items()
        if event.result.get("outcome") == "locked"
    ]


def _why_not(request: Request, looked: Mapping[str, Event], host: str) -> str:
    if request.reads_only:
        return "it was only asked to look"
    if upkeep_refusal(looked):
        return "the request is refused"
    return "" if host in looked and looked[host].ok else "it did not answer"


def _prune(request: Request, host: str, mode: str) -> Call:
    asked = {"step": PRUNE, "app": request.app, "run": request.run, "alive": request.alive}
    return Call(
        HOST_MODULE, {**asked, **place_of(request, host), "mode": mode, "retention": request.keep}
    )
