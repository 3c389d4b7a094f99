"""Runs a release playbook for a verb, and says how it ended."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.cli import options
from rollway.cli.options import INVENTORIES, RUNS
from rollway.records import identity
from rollway.remote.playbook import Ended, Play, run_playbook
from rollway.rollout.reading import CONFIRM, open_run

_SIGNALLED = 128


@dataclass(frozen=True)
class Wanted:
    """What was typed for a verb that runs a playbook over an environment."""

    verb: str
    env: str
    app: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    limit: str = ""
    check: bool = False
    diff: bool = False
    verbose: bool = False


def decide(
    verb: str, *, env: str, app: str, check: bool, yes: bool, as_json: bool, verbose: bool
) -> int:
    """Run a verb that only says yes or no to what is there; returns the exit code."""
    started = time.monotonic()
    wanted = Wanted(
        verb,
        options.environment(env),
        options.application(app),
        inputs={"rollway_yes": str(yes).lower()},
        check=check,
        verbose=verbose,
    )
    code, run_dir = run_confirmed(wanted)
    say_end(read_result(run_dir), seconds=time.monotonic() - started, as_json=as_json)
    return code


def run_confirmed(wanted: Wanted) -> tuple[int, Path]:
    """Run it; where the environment asks first and a person sits there, ask and run it again."""
    code, run_dir = run_release(wanted)
    if read_result(run_dir, "error.json").get("where") != CONFIRM or not sys.stdin.isatty():
        return code, run_dir
    sys.stderr.write(f"{wanted.verb} on {wanted.env}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        return code, run_dir
    return run_release(replace(wanted, inputs={**wanted.inputs, "rollway_yes": "true"}))


def run_release(wanted: Wanted) -> tuple[int, Path]:
    """Run `playbooks/<verb>.yml`; returns the exit code of the contract and the run's folder."""
    run_id = identity.new_run_id(wanted.verb)
    open_run(RUNS, run_id)  # here, where an unusable folder still has its exit code
    named = {
        "rollway_env": wanted.env,
        "rollway_app": wanted.app,
        "rollway_run_id": run_id,
        "rollway_runs_dir": str(RUNS),
    }
    play = Play(
        f"playbooks/{wanted.verb}.yml",
        inventory=INVENTORIES / wanted.env,
        extra_vars={**named, **wanted.inputs},
        limit=f"{wanted.limit}:edge:localhost" if wanted.limit else None,
        check=wanted.check,
        diff=wanted.diff,
        verbose=int(wanted.verbose),
        environment={} if wanted.verbose else {"ANSIBLE_STDOUT_CALLBACK": "rollway"},
    )
    ended = run_playbook(play)
    return exit_code(ended, RUNS / run_id), RUNS / run_id


def exit_code(ended: Ended, run_dir: Path) -> int:
    """The code of the contract: a signal's, the run's own, or that of a refused request."""
    if ended.signal:
        return _SIGNALLED + ended.signal
    for name in ("result.json", "error.json"):
        found = read_result(run_dir, name).get("exit")
        if found is not None:
            return int(found)
    return exits.UNEXPECTED if ended.code else exits.DONE


def read_result(run_dir: Path, name: str = "result.json") -> dict[str, Any]:
    """A record of a run's folder; empty when the run did not get so far."""
    path = run_dir / name
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def say_end(result: Mapping[str, Any], *, seconds: float, as_json: bool) -> None:
    """The result on stdout as JSON, or in a few lines what happened and what to type next."""
    if as_json and result:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    if not result:
        return
    for line in end_lines(result, seconds=seconds):
        sys.stderr.write(line + "\n")


def end_lines(result: Mapping[str, Any], *, seconds: float) -> list[str]:
    """What a person reads last: outcome, evidence, address, next command."""
    lines = [f"{result['outcome']}: {result['sentence']} ({seconds:.1f} s)"]
    for problem in result.get("problems", []):
        lines += _evidence(problem)
    if result["exit"] == exits.DONE and result.get("url"):
        lines.append(f"  url: {result['url']}")
    lines.append(f"  next: {result['next']}")
    return lines


def _evidence(problem: Mapping[str, Any]) -> list[str]:
    found = [f"  {problem.get('host') or problem.get('where')}: {problem.get('found')}"]
    found += [f"    accepted: {problem['accepted']}"] if problem.get("accepted") else []
    for container in problem.get("containers", []):
        state = ", ".join(
            str(container.get(key)) for key in ("state", "health") if container.get(key)
        )
        found.append(f"    {container.get('name')}: {state}")
        found += [f"      {line}" for line in container.get("log_tail", [])]
    return found
