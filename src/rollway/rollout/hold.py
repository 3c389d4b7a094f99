"""What is held for a person's decision, as the locks of hosts and edges keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rollway import exits
from rollway.rollout.holder import AT_WORK, place_of_owner
from rollway.rollout.journal import Event
from rollway.rollout.plan import DECIDING, ROLLING, Plan, Refusal
from rollway.rollout.request import Request

Hold = Mapping[str, Any]


def found_hold(request: Request, acquired: Mapping[str, Event]) -> dict[str, Any]:
    """What this run decides about; nothing where nothing is held, or the verb decides nothing.

    One that an edge alone still has counts: it could not be reached at the end of a decision.
    """
    if request.verb not in DECIDING:
        return {}
    for event in acquired.values():
        if hold := event.result.get("hold"):
            return {key: value for key, value in hold.items() if key != "decided_by"}
    return {}


def is_given_up(verb: str, release: str, hold: Hold) -> bool:
    """Whether a run that goes back is about the held release itself: nothing served before it."""
    return bool(hold) and verb not in ROLLING and release == hold["release"]


def gives_up(plan: Plan) -> bool:
    """The same of a run as decided; one that a plain project gets its place back from goes on."""
    return not plan.leaves and is_given_up(plan.verb, plan.release_id, plan.hold)


def held_scope(request: Request, hold: Hold) -> Request:
    """The request for the hosts of the held run alone: the others stay outside, as they were then.

    Where the inventory has none of them any more, it is for every host.
    """
    held = [name for name in request.app_hosts if name in _hosts(request, hold)]
    if not held:
        return request
    others = [name for name in request.app_hosts if name not in held]
    return replace(request, app_hosts=held, outside=[*request.outside, *others])


def limit_refusal(request: Request, hold: Hold) -> Refusal | None:
    """Refuse a limit that leaves out hosts of the held run: they would stay held for ever."""
    held = _hosts(request, hold)
    lost = [name for name in request.outside if name in held]
    if not hold or not lost:
        return None
    problem = {
        "where": "--limit",
        "found": f"it leaves out {', '.join(lost)}, where {hold['release']} is held too",
        "accepted": ", ".join(held),
        "next": f"./invoke {request.verb} --env={request.env} --app={request.app}",
    }
    return Refusal(exits.REFUSED, [problem])


def target_refusal(request: Request, hold: Hold) -> Refusal | None:
    """Refuse `--to` another release than the one that the held run goes back to."""
    before = str(hold.get("previous") or "")
    if not hold or request.to is None or _is_named(before, request.to):
        return None
    which = f"--env={request.env} --app={request.app}"
    after = f"./invoke abort {which}, then ./invoke rollback {which} --to={request.to}"
    goes_on = _is_named(str(hold["release"]), request.to)
    problem = {
        "where": "--to",
        "found": f"{request.to}, while {hold['release']} is held",
        "accepted": f"{before}, which served before it",
        "next": f"./invoke promote {which}" if goes_on else after,
    }
    return Refusal(exits.REFUSED, [problem])


def way_on(request: Request, refused: Mapping[str, Any]) -> str:
    """What to do where a lock refused the run: a freeze, a held release, or another run's."""
    which = f"--env={request.env} --app={request.app}"
    release = f"./invoke lock.release {which} --run="
    if refused.get("freeze"):
        return f"{release}{refused['freeze']['id']}"
    hold, lock = refused.get("hold"), refused["lock"]
    if hold and not hold.get("decided_by"):
        return f"./invoke promote {which}, or ./invoke abort {which}"
    is_here = refused.get("process") == AT_WORK
    place = place_of_owner(str(lock["owner"]))
    gone = "" if is_here else f"; if {place} is gone for good, {release}{lock['id']}"
    if not hold:
        return f"wait for it (--wait-lock=600){gone}"
    killed = f"; if it was killed, ./invoke abort {which} on {place} takes it over"
    return f"wait for it{'' if is_here else killed}{gone}"


def _is_named(release_id: str, wanted: str) -> bool:
    """Whether `wanted` is this release, or its version."""
    return wanted in {release_id, release_id.partition("-")[2]}


def _hosts(request: Request, hold: Hold) -> list[str]:
    """The hosts of the held run; of a hold that does not name them, all."""
    return list(hold.get("hosts") or [*request.app_hosts, *request.outside])
