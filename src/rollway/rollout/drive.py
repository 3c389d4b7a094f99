"""What a step does on one host, right now: the journal and the verdict decide, not Ansible.

Every task of the playbooks ends here. A step whose time has not come, or has passed because the
verdict is no longer `continue`, is skipped with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rollway.rollout import calls, edge_calls, outcome, silence
from rollway.rollout.arbiter import ACQUIRE, WAITING_STEPS, is_settled
from rollway.rollout.calls import Call
from rollway.rollout.interrupted import RECORD, begins, step_of
from rollway.rollout.journal import Journal
from rollway.rollout.ledger import Ledger, all_moved, fold
from rollway.rollout.plan import AFTER_TRAFFIC, BEFORE_TRAFFIC, MAKING, Plan, load_plan
from rollway.rollout.planned import HostPlan
from rollway.rollout.request import load_request
from rollway.rollout.run_record import record_before_plan, record_of
from rollway.rollout.singleton_ledger import BACK
from rollway.rollout.singleton_steps import SINGLETON_STEPS, singleton_calls
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

    @property
    def goes_back(self) -> bool:
        return self.verdict.decision is Decision.ROLL_BACK


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
    if step in SINGLETON_STEPS:
        told = singleton_calls(situation.plan, situation.ledger, situation.verdict, step, host)
        return Skip(told) if isinstance(told, str) else told
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
    return [edge_calls.restore_call(now.plan, edge=now.host), edge_calls.settle_call(now.plan)]


def _stage(now: Situation) -> Work:
    """App hosts get the release; edges, at the same time, the servers it will run on."""
    host, edge = _stage_host(now), _load_edge(now)
    calls_of_both = [call for part in (host, edge) if not isinstance(part, Skip) for call in part]
    return calls_of_both or (host if now.host in now.plan.hosts else edge)


def _load_edge(now: Situation) -> Work:
    if now.host not in now.plan.edges or not now.plan.has_traffic:
        return Skip("it is no edge of this application")
    may_differ = now.plan.hosts_to_start or now.plan.verb in MAKING
    if not now.may_continue or not may_differ:
        return Skip("it knows every server")  # a deploy also takes off hosts that are gone
    return [edge_calls.load_call(now.plan, edge=now.host)]


def _stage_host(now: Situation) -> Work:
    if isinstance(one := _host_to_start(now), Skip):
        return one
    manifest = load_request(now.run_dir).manifest
    if manifest is None and not now.plan.scale:
        is_now = calls.starts_with_stage(now.plan, one)
        return [calls.start_call(now.plan, one)] if is_now else Skip("it starts later")
    return [calls.stage_call(now.plan, one, manifest)]


def _advance(now: Situation) -> Work:
    """After the first wave was accepted: its workers change, and everything else starts."""
    if not now.may_continue or not now.plan.waves:
        return Skip("the run goes no further")
    if now.host in now.plan.waves[0]:
        return _switch_one(now)
    host = now.plan.hosts.get(now.host)
    if now.plan.starts_by_wave or (host and host.stops_first):
        return Skip("it starts with its wave")
    return _start(now)


def _drain(now: Situation) -> Work:
    """The edge lets go of a wave's hosts that stop first, also in workers of an earlier reload."""
    if not now.may_continue or now.wave is None:
        return Skip("the run goes no further")
    if now.wave > now.ledger.shifted_waves:
        return Skip("an earlier wave is not confirmed")
    call = edge_calls.drain_call(now.plan, now.ledger, now.wave, edge=now.host)
    return [call, edge_calls.settle_call(now.plan)]


def _jobs(now: Situation) -> Work:
    return _jobs_of(now, BEFORE_TRAFFIC)


def _late_jobs(now: Situation) -> Work:
    """When every wave has moved and the workers have changed: nothing of before is left."""
    if not all_moved(now.plan, now.ledger):
        return Skip("the traffic has not moved")
    return _jobs_of(now, AFTER_TRAFFIC)


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
    if isinstance(one := _host_to_start(now), Skip):
        return one
    if one.stops_first and not _is_let_go(now):
        return Skip("an edge may still send it requests")
    return [calls.start_call(now.plan, one)]


def _is_let_go(now: Situation) -> bool:
    wave = next(number for number, names in enumerate(now.plan.waves) if now.host in names)
    is_confirmed = wave <= now.ledger.shifted_waves and wave in now.ledger.drained_waves
    return is_confirmed or not now.plan.has_traffic


def _switch(now: Situation) -> Work:
    """Every host, whatever its traffic did: a run that ended early may have left its workers."""
    return _switch_one(now) if now.may_continue else Skip("its workers stay")


def _switch_one(now: Situation) -> Work:
    one = now.plan.hosts.get(now.host)
    if one is None or now.host not in now.plan.switch_hosts:
        return Skip("it has no workers to change")
    return [calls.switch_call(now.plan, one)]


def _shift(now: Situation) -> Work:
    if not now.may_continue or not now.plan.has_traffic:
        return Skip("no traffic moves")
    if now.wave is None or now.wave >= len(now.plan.waves):
        return Skip("there is no such wave")
    if now.wave > now.ledger.shifted_waves:
        return Skip("an earlier wave is not confirmed")
    return [edge_calls.shift_call(now.plan, now.ledger, now.wave, edge=now.host)]


def _watch(now: Situation) -> Work:
    if not now.may_continue or not all_moved(now.plan, now.ledger):
        return Skip("none moved")
    return [edge_calls.watch_call(now.plan, edge=now.host)]


def _unshift(now: Situation) -> Work:
    if now.verdict.decision is Decision.HOLD and now.host in now.ledger.emptied_edges:
        return [edge_calls.readmit_call(now.plan, now.ledger, edge=now.host)]
    touched = now.ledger.reloaded_edges | now.ledger.emptied_edges
    is_touched = now.ledger.touched_waves > 0 or now.host in touched or now.plan.is_ahead
    is_touched = is_touched or now.plan.is_astray or _stands_still(now, now.plan.waves)
    if not now.goes_back or not is_touched:
        return Skip("there is nothing to undo")
    return [edge_calls.unshift_call(now.plan, edge=now.host)]


def _retreat(now: Situation) -> Work:
    """Before a host that stopped first stops again, to come back as it was."""
    if not now.goes_back or now.wave is None:
        return Skip("there is nothing to undo")
    if not _stands_still(now, [now.plan.waves[now.wave]]):
        return Skip("its hosts run what they did")
    return [edge_calls.retreat_call(now.plan, now.ledger, now.wave, edge=now.host)]


def _undo(now: Situation) -> Work:
    if not now.goes_back or not _stands_still(now, [[now.host]]):
        return Skip("it runs what it did")
    return [calls.undo_call(now.plan, now.plan.hosts[now.host])]


def _stands_still(now: Situation, waves: list[list[str]]) -> bool:
    """Whether a host of these waves has its old slot stopped."""
    return any(edge_calls.names_to_undo(now.plan, now.ledger, wave) for wave in waves)


def _conclude(now: Situation) -> Work:
    if now.host not in now.plan.generations:
        return Skip("it was not acquired")
    events = now.journal.events()
    result = outcome.conclude(now.plan, now.ledger, now.verdict, events)
    is_planned = now.host in now.plan.hosts
    slot = calls.active_slot_of(now.plan, now.ledger, now.verdict, now.host) if is_planned else None
    record = record_of(now.plan, result)
    if now.ledger.interrupted and begins(now.plan, now.host):
        record = {**record, "step": step_of(now.plan, now.ledger, events, now.host)}
    if now.host in now.plan.outside and now.host not in now.plan.edges:
        return [calls.leave_call(now.plan, now.host, record)]
    call = calls.conclude_call(
        now.plan, now.ledger, now.host, outcome=result.record, slot=slot, record=record
    )
    doubt = silence.is_in_doubt(now.plan, now.host, events)
    return [call, *([edge_calls.read_call(now.plan.app)] if doubt else [])]


def _record_end(now: Situation) -> Work:
    """After a signal: an edge also says where its traffic goes."""
    concluded = now.journal.results("conclude").get(now.host)
    if concluded is not None and concluded.ok:
        return Skip("the run has come to its end there")
    work = _conclude(now)
    if isinstance(work, Skip) or now.host not in now.plan.edges or not now.plan.has_traffic:
        return work
    return [work[0], edge_calls.read_call(now.plan.app)]


def _let_go(run_dir: Path, host: str) -> Work:
    request = load_request(run_dir)
    if request.reads_only:
        return Skip("it has no lock")
    return [calls.let_go_call(request, host, record_before_plan(request))]


def _host_to_start(now: Situation) -> HostPlan | Skip:
    one = now.plan.hosts.get(now.host)
    if not now.may_continue or one is None:
        return Skip("the run goes no further")
    if one.action != "start":
        return Skip(f"{now.plan.release_id} runs there already")
    return one


_ACQUIRING = frozenset({ACQUIRE, *WAITING_STEPS})
_AT_END = frozenset({"watch", "retreat", "undo", "unshift", *BACK, "conclude", RECORD})
_STEPS = {
    "settle": _settle,
    "stage": _stage,
    "jobs": _jobs,
    "late_jobs": _late_jobs,
    "advance": _advance,
    "drain": _drain,
    "start": _start,
    "switch": _switch,
    "shift": _shift,
    "watch": _watch,
    "retreat": _retreat,
    "undo": _undo,
    "unshift": _unshift,
    "conclude": _conclude,
    RECORD: _record_end,
}
