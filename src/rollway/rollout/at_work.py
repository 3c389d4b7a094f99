"""A run at work, as hosts that were only looked at tell it. Pure.

Nothing of it was interrupted, whatever it has on record so far.
"""

from __future__ import annotations

from collections.abc import Mapping

from rollway import exits
from rollway.rollout.hold import way_on
from rollway.rollout.holder import is_at_work
from rollway.rollout.journal import Event
from rollway.rollout.plan import ADOPT, DEPLOY, Plan, Refusal
from rollway.rollout.request import Request

_PREVIEWED = frozenset({DEPLOY, ADOPT})  # their plan warns; others judge what such a run has done


def in_the_way(request: Request, acquired: Mapping[str, Event], plan: Plan) -> Refusal | None:
    """Why a plan that only looks says nothing beside such a run; None where it may."""
    asked = dict.fromkeys([*request.app_hosts, *request.edges])
    busy = {name: acquired[name] for name in asked if name in acquired}
    busy = {name: event for name, event in busy.items() if is_at_work(event)}
    if not request.reads_only or not busy:
        return None
    if request.verb in _PREVIEWED and plan.refusal is None:
        return None
    problems = [
        {**event.result["would_refuse"], "host": name, "next": way_on(request, event.result)}
        for name, event in busy.items()
        if event.result.get("would_refuse")
    ]
    return Refusal(exits.LOCKED, problems) if problems else None
