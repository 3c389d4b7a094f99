"""Which call each step about singletons means: they stop everywhere, then one starts. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rollway.rollout.calls import HOST_MODULE, Call, place_of
from rollway.rollout.ledger import Ledger, all_moved
from rollway.rollout.plan import Plan
from rollway.rollout.planned import SingletonPlan
from rollway.rollout.singleton_ledger import BACK, FORWARD, STILL, STILL_BACK
from rollway.rollout.singletons import plain_of
from rollway.rollout.verdict import Decision, Verdict

SINGLETON_STEPS = (*FORWARD, *BACK)


def singleton_calls(
    plan: Plan, ledger: Ledger, verdict: Verdict, step: str, host: str
) -> list[Call] | str:
    """The module call of a step on a host, or in words why there is none."""
    if step in FORWARD:
        if not verdict.is_continue or not all_moved(plan, ledger):
            return "singletons stay"
        return _still(plan, host) if step == STILL else _place(plan, ledger, host)
    if not _goes_back(ledger, verdict):
        return "singletons stay"
    return (
        _still_back(plan, ledger, host) if step == STILL_BACK else _place_back(plan, ledger, host)
    )


def _still(plan: Plan, host: str) -> list[Call] | str:
    """Stop them wherever they may run; whoever is told notes where they will run."""
    found = [one for one in plan.singletons if host in one.still]
    if not found:
        return "no singleton runs here"
    plain = plain_of(plan.release)
    keeps = [one.name for one in found if one.host == host or one.name in plain]
    slot = plan.hosts[host].new_slot if host in plan.hosts else ""
    more = {
        "keeps": dict.fromkeys(keeps, slot) if slot else {},
        "placed": {one.name: [one.host] for one in found if one.host},
    }
    return [_call(plan, host, "still", found, release_id=plan.release_id, **more)]


def _place(plan: Plan, ledger: Ledger, host: str) -> list[Call] | str:
    """Start them once everybody has said that they stand still."""
    found = [one for one in plan.singletons if one.host == host]
    waits = sorted({name for one in found for name in one.still} - ledger.singletons.stilled)
    if waits:
        return f"{', '.join(waits)} may still run it"
    if not found:
        return "no singleton runs here"
    slot = plan.hosts[host].new_slot
    return [_call(plan, host, "place", found, release_id=plan.release_id, slot=slot)]


def _still_back(plan: Plan, ledger: Ledger, host: str) -> list[Call] | str:
    """Stop again what this run has started, before it starts where it was."""
    found = [one for one in plan.singletons if one.host == host]
    if not found or host not in ledger.singletons.tried:
        return "nothing was started here"
    return [_call(plan, host, "still", found, release_id=plan.release_id)]


def _place_back(plan: Plan, ledger: Ledger, host: str) -> list[Call] | str:
    """Start them where they were, in the slot that the host has on record."""
    known = ledger.singletons
    found = [
        one
        for one in plan.singletons
        if one.home == host and (one.host not in known.tried or one.host in known.cleared)
    ]
    if not found or host not in known.told:
        return "nothing returns here"
    at = plan.hosts[host]
    return [_call(plan, host, "place", found, release_id=at.old_release, slot=at.old_slot)]


def _goes_back(ledger: Ledger, verdict: Verdict) -> bool:
    """While a person decides, too, unless what this run started is at work."""
    if verdict.decision is Decision.HOLD:
        return not ledger.singletons.placed
    return verdict.decision is Decision.ROLL_BACK


def _call(plan: Plan, host: str, step: str, found: Sequence[SingletonPlan], **more: Any) -> Call:
    common = {
        "step": step,
        "app": plan.app,
        "run": plan.run,
        "generation": plan.generations[host],
        **place_of(plan, host),
    }
    return Call(HOST_MODULE, {**common, "singletons": [one.name for one in found], **more})
