"""What the command line does when a signal has ended a run: the hosts record it, and unlock."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rollway import exits
from rollway.cli.verb import say
from rollway.errors import RollwayError
from rollway.remote.playbook import Play, run_playbook
from rollway.report.removal import write_removal
from rollway.report.result import write_error, write_report
from rollway.rollout.interrupted import interruption
from rollway.rollout.journal import Journal
from rollway.rollout.plan import ABORT, MAKING, PROMOTE, REMOVE, RESTART, ROLLBACK
from rollway.rollout.request import load_request

REPORTS: Final = {
    **dict.fromkeys((*MAKING, ROLLBACK, PROMOTE, ABORT, RESTART), write_report),
    REMOVE: write_removal,
}
"""Verbs that have the hosts' locks on their way, and what folds their runs into a result."""


@dataclass(frozen=True)
class Interrupted:
    """A run that ended by a signal; `environment` and `descriptors` are for Ansible's callback."""

    run_dir: Path
    verb: str
    inventory: Path
    signal: signal.Signals
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: tuple[int, ...] = ()


def record(run: Interrupted) -> None:
    """Let every host record how far the run came; moves no traffic, and ends at a second signal.

    A run that had come to its end, or had nothing to record, is left as it is.
    """
    if run.verb not in REPORTS or (run.run_dir / "result.json").exists():
        return
    if not (run.run_dir / "request.json").exists():
        _refuse(run)
    elif not load_request(run.run_dir).reads_only:
        _record(run)


def _refuse(run: Interrupted) -> None:
    error = RollwayError(
        run.verb,
        f"interrupted by {run.signal.name} before any host was asked",
        next="the same command again",
        exit_code=exits.after_signal(run.signal.name),
    )
    write_error(run.run_dir.parent, run.run_dir.name, error)
    say(str(error))


def _record(run: Interrupted) -> None:
    Journal(run.run_dir).append(interruption(run.signal.name))
    say(f"interrupted by {run.signal.name}: every host records that; once more ends it at once")
    named = {
        "rollway_run_id": run.run_dir.name,
        "rollway_runs_dir": str(run.run_dir.parent),
    }
    run_playbook(
        Play(
            "playbooks/record.yml",
            inventory=run.inventory,
            extra_vars=named,
            environment=run.environment,
            descriptors=run.descriptors,
            is_brief=True,
        )
    )
    REPORTS[run.verb](run.run_dir)
