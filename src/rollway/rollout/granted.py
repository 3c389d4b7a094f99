"""Which hosts gave a run their lock, and why a run without one of them changes nothing. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from rollway import exits
from rollway.rollout.arbiter import is_busy, is_settled
from rollway.rollout.hold import way_on
from rollway.rollout.journal import Event
from rollway.rollout.plan import Refusal
from rollway.rollout.request import Request


def granted(acquired: Mapping[str, Event]) -> dict[str, int]:
    """The generation of each host that did."""
    return {
        name: event.result["generation"]
        for name, event in acquired.items()
        if event.ok and "generation" in event.result
    }


def not_granted(request: Request, acquired: Mapping[str, Event]) -> Refusal | None:
    """The problem of each host that did not; None where all did."""
    problems = [
        trouble
        for name in dict.fromkeys([*request.app_hosts, *request.edges])
        if not (name not in acquired and is_settled(request, acquired, name))
        and (trouble := _trouble(request, name, acquired.get(name)))
    ]
    if not problems:
        return None
    locked = any(event.result.get("outcome") == "locked" for event in acquired.values())
    return Refusal(exits.LOCKED if locked else exits.REFUSED, problems)


def _trouble(request: Request, name: str, event: Event | None) -> dict[str, str] | None:
    if event is None:
        return _problem(name, "it was not asked", "the same command without --limit")
    if event.unreachable:
        found = f"unreachable: {event.result.get('msg', 'no answer over SSH')}"
        return _problem(name, found.strip(), f"ssh to {name} by hand, mend it, run this again")
    if event.ok:
        return None
    problem = event.result.get("problem") or {"found": event.result.get("msg", "no answer")}
    if event.result.get("outcome") == "locked" and "hold" in event.result:
        problem = {**problem, "next": way_on(request, event.result)}
    if is_busy(event):
        problem = {**problem, "next": _step_that_never_ends(request, name, event)}
    return {**problem, "host": name}


def _step_that_never_ends(request: Request, host: str, event: Event) -> str:
    """It was waited for as long as it may take, or another run was faster."""
    process = event.result["busy"].get("process")
    shell = f"./invoke shell --env={request.env} --host={host}"
    what = f"what process {process} does" if process else "which process of rollway-host runs"
    return f"{shell} shows {what} there; once it has ended, the same command again"


def _problem(host: str, found: str, next_command: str) -> dict[str, str]:
    return {"host": host, "where": host, "found": found, "next": next_command}
