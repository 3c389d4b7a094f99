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
        work = work_for(self.run_dir, step=step, host=host, wave=wave)
        assert not isinstance(work, Skip), work.reason
        return work

    def arguments(self, step: str, host: str, wave: int | None = None) -> dict[str, Any]:
        """Those of its last call."""
        return self.calls(step, host, wave)[-1].arguments

    def skips(self, step: str, host: str, wave: int | None = None) -> str:
        work = work_for(self.run_dir, step=step, host=host, wave=wave)
        assert isinstance(work, Skip)
        return work.reason

    def outcome(self) -> outcome.Outcome:
        events = Journal(self.run_dir).events()
        ledger = fold(self.plan, events)
        return outcome.conclude(self.plan, ledger, judge_end(self.plan, ledger), events)
