"""Turns what Ansible tells a callback into updates of a run's progress.

Ansible says when a task begins and where; what a step did is read from the run's journal, which
names the host of a delegated step, its wave, and what happened to a host that was lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from rollway.report.lines import say
from rollway.report.progress import Asked, Began, Ended, Planned, Skipped, Update, Waits
from rollway.rollout.arbiter import QUEUE
from rollway.rollout.journal import Event, Journal
from rollway.rollout.plan import Move, Plan, load_plan
from rollway.rollout.request import Request, load_request
from rollway.rollout.trouble import found_in

MOVE = "move"
"""The task that moves traffic: each turn of its loop is a step on one host, for one wave."""
RESUME = "resume"
"""The task that takes up a run which a signal ended."""


class Output(Protocol):
    """Where updates are shown."""

    def show(self, update: Update) -> None:
        """Show one update."""

    def close(self) -> None:
        """Leave the terminal as it was."""


@dataclass(frozen=True)
class Task:
    """A task of the playbook. `step` is '' where it is not one of ours, `wave` counts from 0.

    `goes_back` is the one whose moves put every host back.
    """

    name: str
    step: str = ""
    wave: int | None = None
    is_controller: bool = False
    is_delegated: bool = False
    goes_back: bool = False


class Watch:
    """Follows one run of a playbook."""

    def __init__(self, output: Output, *, clock: Callable[[], float] = time.time) -> None:
        self._output = output
        self._clock = clock
        self._task = Task("")
        self._moves: list[Move] = []
        self._moving: set[str] = set()
        self._told: set[str] = set()
        self._request: Request | None = None
        self._plan: Plan | None = None
        self._journal: Journal | None = None
        self._offset = 0
        self._has_moved = False

    def task_began(self, task: Task) -> None:
        """A task begins; one that is delegated names its hosts only in its results."""
        self._rest()
        self._task, self._told = task, set()
        if task.step == MOVE:
            self._moves = self._moves_now()
            self._next_move()
        elif task.step and task.is_delegated:
            self._begin(sorted(self._request.edges) if self._request else [])

    def host_began(self, host: str) -> None:
        """The task begins on a host of the play."""
        if self._task.step and not self._task.is_delegated:
            self._begin([host])

    def ended(self, host: str, result: Mapping[str, Any]) -> None:
        """The task, or one turn of its loop, ended well on a host."""
        if not self._task.is_controller:
            self._read_journal()
            self._next_move()
            return
        if self._task.step in {"read", RESUME} and result.get("run_dir"):
            self._open(Path(str(result["run_dir"])), is_new=self._task.step != RESUME)
        if self._task.step == "plan":
            self._load_plan()
        self._end(host, said=str(result.get("said") or ""))

    def retried(self) -> None:
        """The task comes again on a host: it waits for another run."""
        self._read_journal()

    def failed(self, host: str, message: str, *, is_lost: bool = False) -> None:
        """It failed: what the journal does not know is said from Ansible's own message."""
        self._read_journal()
        if not (host in self._told or (self._task.is_delegated and self._told)):
            found = f"cannot be reached: {message}" if is_lost else message
            self._end(
                host,
                said=f"{host}: {found}",
                problem={"where": host, "found": found},
                is_lost=is_lost,
            )
        self._next_move()

    def skipped(self, host: str, reason: str) -> None:
        """Nothing was to be done on a host."""
        if host in self._moving:
            self._moving.discard(host)
            task, now = self._task, self._clock()
            self._output.show(Skipped(task.step, host, now, reason, task.wave))
        self._next_move()

    def close(self) -> None:
        """The playbook ended."""
        try:
            self._rest()
        finally:
            self._output.close()

    def _rest(self) -> None:
        """Whatever still seems to move had nothing to do, or its end was not told."""
        self._moves = []
        self._read_journal()
        for host in sorted(self._moving):
            self.skipped(host, "")

    def _moves_now(self) -> list[Move]:
        """The first wave's, when that has moved those of all others, and the way back."""
        if self._plan is None:
            return []
        if self._task.goes_back:
            return self._plan.undo_moves
        return self._plan.other_moves if self._has_moved else self._plan.first_moves

    def _next_move(self) -> None:
        if self._moves:
            move = self._moves.pop(0)
            wave = None if move.step == "unshift" else move.wave  # that is for all waves
            self._task, self._told = replace(self._task, step=move.step, wave=wave), set()
            self._begin([move.host])

    def _begin(self, hosts: Iterable[str]) -> None:
        for host in hosts:
            self._moving.add(host)
            self._output.show(Began(self._task.step, host, self._clock(), self._task.wave))

    def _end(self, host: str, **known: Any) -> None:
        self._moving.discard(host)
        step = self._task.step or self._task.name
        self._output.show(Ended(step, host, self._clock(), wave=self._task.wave, **known))

    def _open(self, run_dir: Path, *, is_new: bool) -> None:
        """What stands in the journal of a run that is taken up has been shown before."""
        self._journal = Journal(run_dir)
        self._offset = 0 if is_new else self._journal.since(0)[1]
        self._request = asked = load_request(run_dir)
        hosts, edges = tuple(asked.app_hosts), tuple(sorted(asked.edges))
        self._output.show(Asked(asked.verb, hosts, edges, self._clock()))

    def _load_plan(self) -> None:
        self._plan = load_plan(self._journal.run_dir) if self._journal else None
        if self._plan and not self._plan.refusal:
            waves = tuple(tuple(wave) for wave in self._plan.waves)
            slots = {name: host.new_slot for name, host in self._plan.hosts.items()}
            self._output.show(Planned(self._plan.release_id, waves, slots))

    def _read_journal(self) -> None:
        """Show what was written since."""
        if self._journal is None:
            return
        events, self._offset = self._journal.since(self._offset)
        for event in events:
            if event.step == QUEUE:
                self._output.show(Waits(QUEUE, event.host, event.time, say(event, self._plan)))
                continue
            self._moving.discard(event.host)
            self._told.add(event.host)
            self._has_moved = self._has_moved or event.step in {"drain", "shift"}
            self._output.show(self._update(event))

    def _update(self, event: Event) -> Ended:
        seconds = event.result.get("seconds")
        return Ended(
            event.step,
            event.host,
            event.time,
            said=self._said(event),
            wave=event.wave,
            seconds=None if seconds is None else float(seconds),
            problem=None if event.ok else _problem(event),
            is_lost=event.unreachable,
            result=event.result,
        )

    def _said(self, event: Event) -> str:
        if not event.ok:
            message = str(event.result.get("msg") or "").strip()
            return (
                f"{event.host}: {message if message and not event.unreachable else _found(event)}"
            )
        is_quiet = self._request is not None and self._request.reads_only
        return "" if is_quiet else say(event, self._plan)


def _problem(event: Event) -> dict[str, Any]:
    known = None if event.unreachable else event.result.get("problem")
    return dict(known) if known else {"where": event.host, "found": _found(event)}


def _found(event: Event) -> str:
    message = str(event.result.get("msg") or "")
    if event.unreachable:
        return f"cannot be reached: {message}" if message else "cannot be reached"
    problem = event.result.get("problem") or {}
    return str(found_in(problem) or message or "no answer")
