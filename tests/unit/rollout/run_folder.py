"""A run's folder that events are written to one by one: what each step is told then."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from rollway.rollout import outcome
from rollway.rollout.calls import Call
from rollway.rollout.drive import Skip, work_for
from rollway.rollout.journal import Event, Journal
from rollway.rollout.ledger import fold
from rollway.rollout.plan import Plan, load_plan
from rollway.rollout.planning import decide
from rollway.rollout.request import Request
from rollway.rollout.verdict import judge_end


class RunFolder:
    """The request and its plan, as `read` and `acquire` leave them; `plan` is read back."""

    def __init__(self, run_dir: Path, asked: Request, acquired: dict[str, Event]) -> None:
        self.run_dir = run_dir
        asked.save(run_dir)
        decide(asked, acquired).save(run_dir)
        found = load_plan(run_dir)
        assert found is not None
        self.plan: Plan = found

    def happened(self, step: str, host: str, **fields: Any) -> Self:
        Journal(self.run_dir).append(Event(step, host, **fields))
        return self

    def calls(self, step: str, host: str, wave: int | None = None) -> list[Call]:
        return calls_in(self.run_dir, step, host, wave)

    def arguments(self, step: str, host: str, wave: int | None = None) -> dict[str, Any]:
        """Those of its last call that is more than a look."""
        told = [call.arguments for call in self.calls(step, host, wave)]
        return next((one for one in reversed(told) if one["step"] != "read"), told[-1])

    def skips(self, step: str, host: str, wave: int | None = None) -> str:
        work = work_for(self.run_dir, step=step, host=host, wave=wave)
        assert isinstance(work, Skip)
        return work.reason

    def outcome(self) -> outcome.Outcome:
        return outcome_of(self.run_dir, self.plan)


def calls_in(run_dir: Path, step: str, host: str, wave: int | None = None) -> list[Call]:
    """What a step is told on a host, as the folder of the run stands."""
    work = work_for(run_dir, step=step, host=host, wave=wave)
    assert not isinstance(work, Skip), work.reason
    return work


def calls_of(run_dir: Path, step: str, host: str, wave: int | None = None) -> list[Any]:
    """The arguments of each of them."""
    return [call.arguments for call in calls_in(run_dir, step, host, wave)]


def outcome_of(run_dir: Path, plan: Plan, *events: Event) -> outcome.Outcome:
    """How the run ends by what stands in its journal, after these events."""
    for event in events:
        Journal(run_dir).append(event)
    seen = Journal(run_dir).events()
    ledger = fold(plan, seen)
    return outcome.conclude(plan, ledger, judge_end(plan, ledger), seen)
