"""The verb `remove`: an application leaves the edges, then the hosts. Pure, but for the journal.

No host stops anything while one edge may still send requests there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.rollout.calls import EDGE_MODULE, HOST_MODULE, HOST_ROOT, Call, place_of
from rollway.rollout.journal import Event, Journal
from rollway.rollout.locks import last_of
from rollway.rollout.plan import REMOVE, Plan
from rollway.rollout.request import Request
from rollway.rollout.run_record import times_of

VACATE, LEAVE = "vacate", "leave"
REMOVAL_STEPS = (VACATE, REMOVE, LEAVE)


def removal_calls(
    request: Request, journal: Journal, *, step: str, host: str, plan: Plan | None
) -> list[Call] | str:
    """The module call of a step on a host, or in words why there is none."""
    if plan is None or request.reads_only or host not in plan.generations:
        return "it was not acquired, and nothing is changed there"
    events = journal.events()
    if step == LEAVE:
        return _leave(plan, last_of(events, REMOVE), host)
    if plan.refusal:
        return "the request is refused"
    if step == VACATE:
        return [_vacate(plan, host)]
    return _remove(request, plan, last_of(events, VACATE), host)


def edges_left(request: Request, vacated: Mapping[str, Event]) -> list[str]:
    """Edges that have not confirmed that the application is gone."""
    return [name for name in request.edges if name not in vacated or not vacated[name].ok]


def _remove(
    request: Request, plan: Plan, vacated: Mapping[str, Event], host: str
) -> list[Call] | str:
    kept = edges_left(request, vacated)
    if kept:
        return f"{', '.join(kept)} may still send requests"
    was_there = any(event.result.get("changed") for event in vacated.values())
    record = {**_record(plan, "removed"), "found": was_there}
    arguments = {**_common(plan, host, REMOVE), **place_of(plan, host)}
    asked = {"volumes": request.volumes, "record": record, "placed": _left(plan)}
    return [Call(HOST_MODULE, {**arguments, **asked})]


def _left(plan: Plan) -> dict[str, list[str]]:
    """Singletons that hosts which are gone from the inventory may still run."""
    found = {
        one.name: [host for host in one.before if host not in plan.app_hosts]
        for one in plan.singletons
    }
    return {name: hosts for name, hosts in found.items() if hosts}


def _vacate(plan: Plan, edge: str) -> Call:
    arguments = {
        **_common(plan, edge, "remove"),
        "run_id": plan.run["id"],
        "lock_root": place_of(plan, edge).get("root", HOST_ROOT),
    }
    return Call(EDGE_MODULE, arguments)


def _leave(plan: Plan, removed: Mapping[str, Event], host: str) -> list[Call] | str:
    """Unlock where the application still is; what was begun there stays on record."""
    if host in removed and removed[host].ok:
        return "it is unlocked"
    result = "refused" if plan.refusal else "broken"
    arguments = {**_common(plan, host, "conclude"), **place_of(plan, host)}
    record = _record(plan, result)
    return [Call(HOST_MODULE, {**arguments, "outcome": "aborted", "record": record})]


def _common(plan: Plan, host: str, step: str) -> dict[str, Any]:
    generation = plan.generations[host]
    return {"step": step, "app": plan.app, "run": plan.run, "generation": generation}


def _record(plan: Plan, result: str) -> dict[str, Any]:
    return {
        "run": plan.run["id"],
        "verb": plan.verb,
        "app": plan.app,
        "env": plan.env,
        "release": None,
        "version": None,
        "outcome": result,
        "result": result,
        "owner": plan.run.get("owner"),
        **times_of(plan.run),
    }
