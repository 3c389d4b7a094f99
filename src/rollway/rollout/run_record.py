"""What hosts keep of a run when it ends; only the clock is asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rollway.rollout.outcome import Outcome
from rollway.rollout.plan import Plan
from rollway.rollout.request import Request


def record_of(plan: Plan, result: Outcome) -> dict[str, Any]:
    """The record of a run that had a plan."""
    source = plan.release.get("source") or {}
    return {
        "run": plan.run["id"],
        "verb": plan.verb,
        "app": plan.app,
        "env": plan.env,
        "release": plan.release.get("id") or None,
        "version": plan.release.get("version"),
        "commit": source.get("commit"),
        "previous": plan.previous.get("id"),
        "outcome": result.name,
        "result": result.name,
        "rollback_of": plan.previous.get("id") if plan.verb == "rollback" else None,
        "waves": plan.waves,
        "outside": plan.outside,
        "owner": plan.run.get("owner"),
        **times_of(plan.run),
        "reasons": list(result.reasons),
    }


def record_before_plan(request: Request) -> dict[str, Any]:
    """The record of a run that a signal ended before it had one."""
    head = {"run": request.run["id"], "verb": request.verb, "app": request.app}
    told = {"env": request.env, "owner": request.run.get("owner"), **times_of(request.run)}
    return {**head, **told, "result": "aborted"}


def times_of(run: Mapping[str, Any]) -> dict[str, Any]:
    """When a run began, and that it ends now."""
    finished = datetime.now(UTC).replace(microsecond=0)
    seconds = (finished - datetime.fromisoformat(run["started"])).total_seconds()
    ended = {"finished": f"{finished:%Y-%m-%dT%H:%M:%SZ}", "seconds": seconds}
    return {"started": run["started"], **ended}
