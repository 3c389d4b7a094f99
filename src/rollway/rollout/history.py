"""What `history` and `audit` ask of each host: the runs it recorded."""

from __future__ import annotations

from rollway.rollout.calls import HOST_MODULE, Call, place_of
from rollway.rollout.request import Request

STEPS = ("history", "audit")


def history_calls(request: Request, host: str, *, step: str, count: int) -> list[Call]:
    """One call that only reads; an edge keeps its records in a folder of its own."""
    arguments = {"step": step, "app": request.app, "run": request.run, "count": count}
    arguments["alive"] = request.alive
    return [Call(HOST_MODULE, {**arguments, **place_of(request, host)})]
