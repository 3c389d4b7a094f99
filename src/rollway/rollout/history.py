"""What `history` asks of each host: the runs it recorded."""

from __future__ import annotations

from rollway.rollout.calls import EDGE_ROOT, HOST_MODULE, Call
from rollway.rollout.request import Request


def history_calls(request: Request, host: str, *, count: int) -> list[Call]:
    """One call that only reads; an edge keeps its records in a folder of its own."""
    arguments = {"step": "history", "app": request.app, "run": request.run, "count": count}
    if host not in [*request.app_hosts, *request.outside]:
        arguments |= {"kind": "edge", "root": EDGE_ROOT}
    return [Call(HOST_MODULE, arguments)]
