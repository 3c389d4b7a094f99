"""The verdict between two steps of a roll-out: a pure function of the plan and the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from rollway.rollout.capacity import too_few_left
from rollway.rollout.hold import gives_up
from rollway.rollout.ledger import Ledger
from rollway.rollout.plan import Plan
from rollway.rollout.planned import JobPlan
from rollway.rollout.trouble import said_of


class Decision(Enum):
    """What a run does next."""

    CONTINUE = "continue"
    ROLL_BACK = "roll back"
    HOLD = "hold"
    STOP = "stop"
    LEAVE = "leave"


@dataclass(frozen=True)
class Verdict:
    """A decision and, in one sentence each, why.

    `STOP` is before any change: a refused plan. `HOLD` leaves traffic where it is, for a person,
    and so does `LEAVE`, after a signal: the next run goes on or back.
    """

    decision: Decision
    reasons: tuple[str, ...] = ()

    @property
    def is_continue(self) -> bool:
        return self.decision is Decision.CONTINUE


def judge_end(plan: Plan, ledger: Ledger) -> Verdict:
    """The last verdict: a run that ended before every wave had moved goes back, whatever why."""
    verdict = judge(plan, ledger)
    left = len(plan.waves) - ledger.shifted_waves if plan.has_traffic else 0
    unplaced = sorted({*plan.place_hosts} - ledger.singletons.placed)
    started = {*ledger.started, *ledger.failed_hosts}
    missing = [name for name in plan.hosts_to_start if name not in started]
    jobs = [job.name for job in plan.jobs_to_do if job.name not in ledger.jobs]
    if not verdict.is_continue or not (left or missing or jobs or unplaced):
        return verdict
    reasons = [f"{left} of {len(plan.waves)} waves never moved"] if left else []
    reasons += [f"{name}: it never started" for name in missing]
    reasons += [f"job {name} never ran" for name in jobs]
    reasons += [f"{name}: its singletons never started" for name in unplaced]
    return Verdict(_way_out(plan, ledger), (*verdict.reasons, *reasons))


def judge(plan: Plan, ledger: Ledger) -> Verdict:
    """Continue while the failures fit the one budget and edges and jobs did what they were told.

    A job of which nobody knows how it ended is a person's to judge, whether traffic moved or not.
    """
    if plan.refusal:
        return Verdict(Decision.STOP, tuple(said_of(one) for one in plan.refusal.problems))
    failures = (*ledger.failures, *ledger.edge_failures, *ledger.job_failures)
    failures += ledger.singleton_failures
    reasons = [f"{one.host}: {one.found}" for one in failures]
    if ledger.interrupted:
        return Verdict(Decision.LEAVE, (f"interrupted by {ledger.interrupted}", *reasons))
    if ledger.unknown_jobs:
        return Verdict(Decision.HOLD, tuple(reasons))
    reasons += [f"{job.host}: job {job.name} cannot run there" for job in _barred(plan, ledger)]
    homeless = sorted({*plan.place_hosts} & ledger.failed_hosts)
    reasons += [f"{name}: its singletons run nowhere else" for name in homeless]
    has_broken = any(
        (ledger.edge_failures, ledger.job_failures, ledger.singleton_failures, homeless)
    )
    has_broken = has_broken or bool(_barred(plan, ledger))
    if has_broken or plan.leaves or gives_up(plan) or len(ledger.failed_hosts) > _budget(plan):
        return Verdict(_way_out(plan, ledger), tuple(reasons))
    if short := too_few_left(plan, ledger):
        return Verdict(_way_out(plan, ledger), (*reasons, short))
    return Verdict(Decision.CONTINUE, tuple(reasons))


def _budget(plan: Plan) -> int:
    """How many hosts may fail: none while a plain project's place is taken.

    Such a host would get the project back, and with it a database that others have given up.
    """
    return 0 if plan.adopt else int(plan.release.get("rollout", {}).get("max_failures", 0))


def _barred(plan: Plan, ledger: Ledger) -> list[JobPlan]:
    """Jobs that wait for a host which failed: no budget of hosts covers them."""
    waiting = [job for job in plan.jobs_to_do if job.name not in ledger.jobs]
    return [job for job in waiting if job.host in ledger.failed_hosts]


def _way_out(plan: Plan, ledger: Ledger) -> Decision:
    """Where no traffic has moved there is nothing to decide: the fleet is as it was.

    A decision that fails leaves the question open, wherever it came to: there is no single
    release that the fleet could be put back on.
    """
    if plan.leaves or gives_up(plan):
        return Decision.ROLL_BACK
    is_open = bool(plan.hold) or (plan.holds and ledger.touched_waves > 0)
    return Decision.HOLD if is_open else Decision.ROLL_BACK
