"""The ledger: what happened to each host in this run, folded from the journal.

Unreachable is failed, and one budget counts over the whole run: neither Ansible's `serial` nor
its `max_fail_percentage` can do that (they count per batch, and not the unreachable ones).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.plan import AFTER_TRAFFIC, BEFORE_TRAFFIC, Plan
from rollway.rollout.singleton_ledger import FORWARD, Singletons, fold_singletons
from rollway.rollout.trouble import found_in

HOST_STEPS = frozenset({"stage", "advance", "start", "switch"})
JOB_STEPS = frozenset({"jobs", "late_jobs"})
EDGE_STEPS = frozenset({"settle", "drain", "shift", "watch"})
MOVING_STEPS = frozenset({"drain", "shift", "retreat", "unshift", "record"})
INTERRUPT = "interrupt"


@dataclass(frozen=True)
class Failure:
    """One host that failed: at which step, why, and whether it could not be reached."""

    host: str
    step: str
    found: str
    unreachable: bool = False


@dataclass(frozen=True)
class Ledger:
    """The state of a run so far.

    `shifted_waves` are those that every edge confirmed; `reverted` is None until the edges were
    put back, then whether all of them confirmed it. `reloaded_edges` took new servers or routes
    before any traffic moved. `moved` are the hosts whose traffic every edge sends to the new slot.
    `has_old_workers`: when traffic moved, an edge had a worker from before a reload, of another
    application's deploy perhaps, which goes on sending requests where it did.
    `interrupted` is the signal that ended the run before it had come to its end everywhere, or ''.
    `jobs` are the records of those that are done, by name; `unknown_jobs` those that began, and of
    which nobody knows how they ended.
    `drained_waves` are those whose hosts that stop first every edge let go, `emptied_edges` the
    edges that did so for any, `tried` the hosts that were told to start in a wave, `restored` those
    that were put back where they had stopped first, and `stranded` those that could not be.
    """

    failures: tuple[Failure, ...]
    edge_failures: tuple[Failure, ...]
    started: frozenset[str]
    shifted_waves: int
    touched_waves: int
    reverted: bool | None
    reloaded_edges: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    interrupted: str = ""
    jobs: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    job_failures: tuple[Failure, ...] = ()
    unknown_jobs: Mapping[str, Failure] = field(default_factory=dict)
    drained_waves: frozenset[int] = frozenset()
    emptied_edges: frozenset[str] = frozenset()
    tried: frozenset[str] = frozenset()
    restored: frozenset[str] = frozenset()
    stranded: frozenset[str] = frozenset()
    singletons: Singletons = field(default_factory=Singletons)
    singleton_failures: tuple[Failure, ...] = ()
    has_old_workers: bool = False

    @property
    def failed_hosts(self) -> frozenset[str]:
        return frozenset(failure.host for failure in self.failures)


def fold(plan: Plan, events: Iterable[Event]) -> Ledger:
    """Read the journal into a ledger."""
    seen = list(events)
    return Ledger(
        failures=_host_failures(plan, seen),
        edge_failures=tuple(_failure(event) for event in seen if _is_edge_failure(plan, event)),
        started=frozenset(event.host for event in seen if _has_started(event)),
        shifted_waves=_count_waves(plan, seen),
        touched_waves=len({event.wave for event in seen if event.step == "shift"}),
        reverted=_reverted(plan, seen),
        reloaded_edges=frozenset(event.host for event in seen if _has_reloaded(event)),
        moved=_moved(plan, seen),
        interrupted=_interrupted(plan, seen),
        **_jobs(plan, seen),
        drained_waves=_drained(plan, seen),
        emptied_edges=frozenset(event.host for event in seen if event.step == "drain"),
        tried=frozenset(event.host for event in seen if event.step == "start"),
        restored=frozenset(event.host for event in seen if event.step == "undo" and event.ok),
        stranded=_stranded(seen),
        has_old_workers=any(
            event.result.get("old_workers") for event in seen if event.step == "shift"
        ),
        singletons=fold_singletons(seen),
        singleton_failures=tuple(_failure(one) for one in seen if _is_bad(one, frozenset(FORWARD))),
    )


def all_moved(plan: Plan, ledger: Ledger) -> bool:
    """Whether every wave's traffic has moved, on every edge."""
    return not plan.has_traffic or ledger.shifted_waves == len(plan.waves)


def _host_failures(plan: Plan, events: list[Event]) -> tuple[Failure, ...]:
    first: dict[str, Failure] = {}
    for event in events:
        if _is_bad(event, HOST_STEPS) and not _is_edge_failure(plan, event):
            first.setdefault(event.host, _failure(event))
    return tuple(first.values())


def _jobs(plan: Plan, events: list[Event]) -> dict[str, Any]:
    """A host that is lost, or whose step broke, tells nothing: a job may have begun there."""
    steps = [event for event in events if event.step in JOB_STEPS]
    done = {job.name: job.record for job in plan.jobs if job.record}
    for event in steps:
        done.update(event.result.get("jobs") or {})
    unknown = {name: _failure(event) for event in steps for name in _unknown(plan, event, done)}
    failed = [event for event in steps if not event.ok]
    return {
        "jobs": done,
        "job_failures": tuple(_failure(event) for event in failed),
        "unknown_jobs": unknown,
    }


def _unknown(plan: Plan, event: Event, done: Mapping[str, Any]) -> list[str]:
    if event.ok:
        return []
    if event.result.get("problem"):
        return [str(event.result["unknown"])] if event.result.get("unknown") else []
    when = BEFORE_TRAFFIC if event.step == "jobs" else AFTER_TRAFFIC
    return [
        job.name
        for job in plan.jobs_on(when, event.host)
        if job.name not in done and not job.is_idempotent
    ]


def _is_edge_failure(plan: Plan, event: Event) -> bool:
    """While app hosts stage, edges load their servers: in a call of the same step.

    An edge that is lost at the last look has not seen anything bad: that it records nothing tells.
    """
    if event.step == "watch" and event.unreachable:
        return False
    if event.step != "stage":
        return _is_bad(event, EDGE_STEPS)
    edge = event.result.get("edge") or {}
    return not event.ok and (event.host not in plan.hosts or edge.get("ok") is False)


def _is_bad(event: Event, steps: frozenset[str]) -> bool:
    return event.step in steps and not event.ok


def _failure(event: Event) -> Failure:
    problem = event.result.get("problem") or {}
    found = found_in(problem) or event.result.get("msg") or "no answer"
    return Failure(event.host, event.step, str(found).strip(), unreachable=event.unreachable)


def _has_started(event: Event) -> bool:
    return event.ok and "cut" in event.result


def _count_waves(plan: Plan, events: list[Event]) -> int:
    """Waves that every edge confirmed."""
    return len(_confirmed(plan, events, "shift"))


def _drained(plan: Plan, events: list[Event]) -> frozenset[int]:
    return frozenset(_confirmed(plan, events, "drain"))


def _confirmed(plan: Plan, events: list[Event], step: str) -> list[int]:
    confirmed = {(event.wave, event.host) for event in events if event.step == step and event.ok}
    waves = range(len(plan.waves))
    return [wave for wave in waves if all((wave, edge) in confirmed for edge in plan.edges)]


def _stranded(events: list[Event]) -> frozenset[str]:
    last = {event.host: event.ok for event in events if event.step == "undo"}
    return frozenset(host for host, ok in last.items() if not ok)


def _moved(plan: Plan, events: list[Event]) -> frozenset[str]:
    """What the edges said last about their servers; one whose bake failed has moved, too."""
    last: dict[str, Event] = {}
    for event in events:
        is_word = event.step in MOVING_STEPS and event.host in plan.edges
        if is_word and (event.host not in last or _servers(event)):
            last[event.host] = event  # an edge that was lost since says nothing new
    ready = [
        {(one["host"], one["slot"]) for one in _servers(event) if one["admin_state"] == "ready"}
        for event in last.values()
    ]
    return frozenset(
        name
        for name, host in plan.hosts.items()
        if ready and all((name, host.new_slot) in slots for slots in ready)
    )


def _servers(event: Event) -> list[dict[str, Any]]:
    return list((event.result.get("edge") or event.result).get("servers") or [])


def _reverted(plan: Plan, events: list[Event]) -> bool | None:
    undone = {event.host: event.ok for event in events if event.step == "unshift"}
    if not undone:
        return None
    has_moved = any(event.step in {"drain", "shift"} for event in events)
    concerned = plan.edges if has_moved or plan.is_ahead else list(undone)
    return all(undone.get(edge, False) for edge in concerned)


def _interrupted(plan: Plan, events: list[Event]) -> str:
    concluded: set[str] = set()
    for event in events:
        if event.step == INTERRUPT:
            is_over = bool(concluded) and concluded >= plan.generations.keys()
            return "" if is_over else str(event.result["signal"])
        if event.step == "conclude" and event.ok:
            concluded.add(event.host)
    return ""


def _has_reloaded(event: Event) -> bool:
    part = event.result.get("edge") or event.result
    return event.step == "stage" and bool(part.get("reloaded"))
