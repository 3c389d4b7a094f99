"""What is held for a person's decision, as the locks of hosts and edges keep it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.plan import DECIDING
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
