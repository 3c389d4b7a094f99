"""What a step does on one host, right now: the journal and the verdict decide, not Ansible.

Every task of the playbooks ends here. A step whose time has not come, or has passed because the
verdict is no longer `continue`, is skipped with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rollway.rollout import calls, outcome
from rollway.rollout.arbiter import ACQUIRE, WAITING_STEPS, is_settled
from rollway.rollout.calls import Call
from rollway.rollout.interrupted import RECORD, begins, step_of
from rollway.rollout.journal import Journal
from rollway.rollout.ledger import Ledger, fold
from rollway.rollout.plan import (
    AFTER_TRAFFIC,
    BEFORE_TRAFFIC,
    DEPLOY,
    HostPlan,
    Plan,
    load_plan,
)
from rollway.rollout.request import load_request
from rollway.rollout.verdict import Decision, Verdict, judge, judge_end


@dataclass(frozen=True)
class Skip:
    """Nothing to do here, and why."""

    reason: str


@dataclass(frozen=True)
class Situation:
    """A run as it stands when a task begins."""

    run_dir: Path
    plan: Plan
    ledger: Ledger
    verdict: Verdict
    journal: Journal
    host: str
    wave: int | None

    @property
    def may_continue(self) -> bool:
        return self.verdict.is_continue and self.host not in self.ledger.failed_hosts


Work = list[Call] | Skip


def work_for(run_dir: Path, *, step: str, host: str, wave: int | None = None) -> Work:
    """The module calls of a step on a host, or why there are none."""
    if step in _ACQUIRING:
        request = load_request(run_dir)
        settled = is_settled(request, Journal(run_dir).results(ACQUIRE), host)
        if step == ACQUIRE and settled:
            return Skip(settled)
        return calls.acquire_calls(request, host, reads_only=request.reads_only)
    situation = _situation(run_dir, host, wave, at_end=step in _AT_END)
    if step == RECORD and (situation is None or host not in situation.plan.generations):
        return _let_go(run_dir, host)
    if situation is None:
        return Skip("there is no plan to carry out")
    return _STEPS[step](situation)


def _situation(run_dir: Path, host: str, wave: int | None, *, at_end: bool) -> Situation | None:
    plan = load_plan(run_dir)
    if plan is None or load_request(run_dir).reads_only:
        return None
    journal = Journal(run_dir)
    ledger = fold(plan, journal.events())
    verdict = judge_end(plan, ledger) if at_end else judge(plan, ledger)
    return Situation(run_dir, plan, ledger, verdict, journal, host, wave)


def _settle(now: Situation) -> Work:
    if not now.plan.restore or not now.may_continue or not now.plan.has_traffic:
        return Skip("the edges are as the hosts record them")
    return [calls.unshift_call(now.plan, edge=now.host), calls.settle_call(now.plan)]


def _stage(now: Situation) -> Work:
    """App hosts get the release; edges, at the same time, the servers it will run on."""
    host, edge = _stage_host(now), _load_edge(now)
    calls_of_both = [call for part in (host, edge) if not isinstance(part, Skip) for call in part]
    return calls_of_both or (host if now.host in now.plan.hosts else edge)


def _load_edge(now: Situation) -> Work:
    if now.host not in now.plan.edges or not now.plan.has_traffic:
        return Skip("it is no edge of this application")
    if not now.may_continue or not (now.plan.hosts_to_start or now.plan.verb == DEPLOY):
        return Skip("it knows every server")  # a deploy also takes off hosts that are gone
    return [calls.load_call(now.plan, edge=now.host)]


def _stage_host(now: Situation) -> Work:
    one = _host_to_start(now)
    if isinstance(one, Skip):
        return one
    manifest = load_request(now.run_dir).manifest
    if manifest is None:
        is_first = now.host in now.plan.waves[0] and not now.plan.hosts_after_jobs
        return [calls.start_call(now.plan, one)] if is_first else Skip("it starts later")
    return [calls.stage_call(now.plan, one, {**manifest, "id": now.plan.release_id})]


def _advance(now: Situation) -> Work:
    """After the first wave was accepted: its workers change, and everything else starts."""
    if not now.may_continue or not now.plan.waves:
        return Skip("the run goes no further")
    if now.host in now.plan.waves[0]:
        return _switch_one(now)
    if now.plan.starts_by_wave:
        return Skip("it starts with its wave")
    return _start(now)


def _jobs(now: Situation) -> Work:
    return _jobs_of(now, BEFORE_TRAFFIC)


def _late_jobs(now: Situation) -> Work:
    """When every wave has moved and the workers have changed: nothing of before is left."""
    has_moved = not now.plan.has_traffic or now.ledger.shifted_waves == len(now.plan.waves)
    return _jobs_of(now, AFTER_TRAFFIC) if has_moved else Skip("the traffic has not moved")


def _jobs_of(now: Situation, when: str) -> Work:
    one, jobs = now.plan.hosts.get(now.host), now.plan.jobs_on(when, now.host)
    if not now.may_continue or one is None:
        return Skip("the run goes no further")
    return [calls.jobs_call(now.plan, one, jobs)] if jobs else Skip("it has no job to do")


def _start(now: Situation) -> Work:
    if any(job.name not in now.ledger.jobs for job in now.plan.jobs_on(BEFORE_TRAFFIC)):
        return Skip("a job comes first")
    if now.host in now.ledger.started:
        return Skip("it is started")
    one = _host_to_start(now)
    return one if isinstance(one, Skip) else [calls.start_call(now.plan, one)]


def _switch(now: Situation) -> Work:
    """Every host, whatever its traffic did: a run that ended early may have left its workers."""
    return _switch_one(now) if now.may_continue else Skip("its workers stay")


def _switch_one(now: Situation) -> Work:
    one = now.plan.hosts.get(now.host)
    if one is None or not now.plan.has_workers:
        return Skip("it has no workers to change")
    return [calls.switch_call(now.plan, one)]


def _shift(now: Situation) -> Work:
    if not now.may_continue or not now.plan.has_traffic:
        return Skip("no traffic moves")
    if now.wave is None or now.wave >= len(now.plan.waves):
        return Skip("there is no such wave")
    if now.wave > now.ledger.shifted_waves:
        return Skip("an earlier wave is not confirmed")
    return [calls.shift_call(now.plan, now.ledger, now.wave, edge=now.host)]


def _unshift(now: Situation) -> Work:
    is_touched = now.ledger.touched_waves > 0 or now.host in now.ledger.reloaded_edges
    is_needed = now.verdict.decision is Decision.ROLL_BACK and is_touched
    if not is_needed:
        return Skip("there is nothing to undo")
    return [calls.unshift_call(now.plan, edge=now.host)]


def _conclude(now: Situation) -> Work:
    if now.host not in now.plan.generations:
        return Skip("it was not acquired")
    result = outcome.conclude(now.plan, now.ledger, now.verdict, now.journal.events())
    is_planned = now.host in now.plan.hosts
    slot = calls.active_slot_of(now.plan, now.ledger, now.verdict, now.host) if is_planned else None
    record = _record(now.plan, result)
    if now.ledger.interrupted and begins(now.plan, now.host):
        events = now.journal.events()
        record = {**record, "step": step_of(now.plan, now.ledger, events, now.host)}
    if now.host in now.plan.outside and now.host not in now.plan.edges:
        return [calls.leave_call(now.plan, now.host, record)]
    call = calls.conclude_call(
        now.plan, now.ledger, now.host, outcome=result.record, slot=slot, record=record
    )
    return [call]


def _record_end(now: Situation) -> Work:
    """After a signal: an edge also says where its traffic goes."""
    concluded = now.journal.results("conclude").get(now.host)
    if concluded is not None and concluded.ok:
        return Skip("the run has come to its end there")
    work = _conclude(now)
    if isinstance(work, Skip) or now.host not in now.plan.edges or not now.plan.has_traffic:
        return work
    return [*work, calls.read_edge_call(now.plan.app)]


def _let_go(run_dir: Path, host: str) -> Work:
    request = load_request(run_dir)
    if request.reads_only:
        return Skip("it has no lock")
    head = {"run": request.run["id"], "verb": request.verb, "app": request.app}
    told = {"env": request.env, "owner": request.run.get("owner"), **_times(request.run)}
    return [calls.let_go_call(request, host, {**head, **told, "result": "aborted"})]


def _host_to_start(now: Situation) -> HostPlan | Skip:
    one = now.plan.hosts.get(now.host)
    if not now.may_continue or one is None:
        return Skip("the run goes no further")
    if one.action != "start":
        return Skip(f"{now.plan.release_id} runs there already")
    return one


def _record(plan: Plan, result: outcome.Outcome) -> Mapping[str, Any]:
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
        **_times(plan.run),
        "reasons": list(result.reasons),
    }


def _times(run: Mapping[str, Any]) -> dict[str, Any]:
    finished = datetime.now(UTC).replace(microsecond=0)
    seconds = (finished - datetime.fromisoformat(run["started"])).total_seconds()
    ended = {"finished": f"{finished:%Y-%m-%dT%H:%M:%SZ}", "seconds": seconds}
    return {"started": run["started"], **ended}


_ACQUIRING = frozenset({ACQUIRE, *WAITING_STEPS})
_AT_END = frozenset({"unshift", "conclude", RECORD})
_STEPS = {
    "settle": _settle,
    "stage": _stage,
    "jobs": _jobs,
    "late_jobs": _late_jobs,
    "advance": _advance,
    "start": _start,
    "switch": _switch,
    "shift": _shift,
    "unshift": _unshift,
    "conclude": _conclude,
    RECORD: _record_end,
}
