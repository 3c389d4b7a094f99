"""Runs a release playbook for a verb, and says how it ended."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.cli import interruption, options
from rollway.cli.interruption import Interrupted
from rollway.cli.options import INVENTORIES, RUNS
from rollway.cli.verb import say
from rollway.errors import RollwayError
from rollway.records import identity
from rollway.remote.playbook import Ended, Play, run_playbook
from rollway.remote.stream import forget_closed_outputs
from rollway.report.audit import AUDIT
from rollway.report.doctor import DOCTOR
from rollway.report.drift import DRIFT
from rollway.report.ending import end_lines
from rollway.report.history import HISTORY
from rollway.report.locks import LOCKS
from rollway.report.maintenance import PAGE
from rollway.report.output import EVENTS_VARIABLE, JSON, LIVE, OUTPUT_VARIABLE, PLAIN
from rollway.report.plan_table import print_plan
from rollway.report.prune import PRUNED
from rollway.report.result import PREVIEW, write_error
from rollway.report.stream import result_event
from rollway.rollout.inputs import CONFIRM
from rollway.rollout.jobs import YES
from rollway.rollout.reading import open_run

_RECORDS = (
    *("result.json", "error.json", "status.json"),
    *(HISTORY, AUDIT, DRIFT, LOCKS, PRUNED, DOCTOR, PAGE),
)
_SHOW_CURSOR = "\x1b[?25h"


@dataclass(frozen=True)
class Wanted:
    """What was typed for a verb that runs a playbook over an environment.

    `question` is what is asked where the environment asks first; the verb, when empty.
    """

    verb: str
    env: str
    app: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    limit: str = ""
    check: bool = False
    diff: bool = False
    verbose: bool = False
    output: str = PLAIN
    question: str = ""


def decide(
    verb: str,
    *,
    env: str,
    app: str,
    check: bool,
    yes: bool,
    gone: str,
    wait_lock: str,
    output: str,
    as_json: bool,
    verbose: bool,
) -> int:
    """Run a verb that only says yes or no to what is there; returns the exit code."""
    started = time.monotonic()
    wanted = Wanted(
        verb,
        options.environment(env),
        options.application(app),
        inputs=options.answers(yes=yes, wait=wait_lock, gone_for_good=gone),
        check=check,
        verbose=verbose,
        output=options.output(output, verbose=verbose),
    )
    return conduct(wanted, as_json=as_json, started=started)


def run_confirmed(wanted: Wanted) -> tuple[int, Path]:
    """Run it; where a yes is needed first and a person sits there, ask and run it again."""
    code, run_dir = run_release(wanted)
    if not _asks(run_dir) or not sys.stdin.isatty():
        return code, run_dir
    for problem in read_result(run_dir).get("problems", []):
        sys.stderr.write(f"{problem['found']}\n")
    sys.stderr.write(f"{wanted.question or wanted.verb} on {wanted.env}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        return code, run_dir
    return run_release(replace(wanted, inputs={**wanted.inputs, "rollway_yes": "true"}))


def _asks(run_dir: Path) -> bool:
    """Whether all that was lacking is a yes: the environment asks, or a job is not undone."""
    if read_result(run_dir, "error.json").get("where") == CONFIRM:
        return True
    problems = read_result(run_dir).get("problems", [])
    return bool(problems) and all(one.get("where") == YES for one in problems)


def run_release(wanted: Wanted) -> tuple[int, Path]:
    """Run `playbooks/<verb>.yml`; returns the exit code of the contract and the run's folder."""
    _check_texts(wanted.inputs)
    run_id = identity.new_run_id(wanted.verb)
    open_run(RUNS, run_id)  # here, where an unusable folder still has its exit code
    named = {
        "rollway_env": wanted.env,
        "rollway_app": wanted.app,
        "rollway_run_id": run_id,
        "rollway_runs_dir": str(RUNS),
        **({"rollway_limit": wanted.limit} if wanted.limit else {}),
    }
    play = Play(
        _playbook(wanted.verb),
        inventory=INVENTORIES / wanted.env,
        extra_vars={**named, **wanted.inputs},
        check=wanted.check,
        diff=wanted.diff,
        verbose=int(wanted.verbose),
    )
    with _told(wanted) as (environment, descriptors):
        ended = run_playbook(replace(play, environment=environment, descriptors=descriptors))
    forget_closed_outputs()
    if wanted.output == LIVE and ended.code:
        sys.stderr.write(_SHOW_CURSOR)  # a child that was killed could not
    if ended.signal:
        _record_interruption(wanted, RUNS / run_id, ended.signal)
    if not ended.signal and not any((RUNS / run_id / name).exists() for name in _RECORDS):
        _record_silence(wanted, run_id, ended)
    return exit_code(ended, RUNS / run_id), RUNS / run_id


def _playbook(verb: str) -> str:
    return f"playbooks/{verb.replace('.', '_')}.yml"


def _check_texts(inputs: Mapping[str, str]) -> None:
    """What was typed goes to Ansible in a file of UTF-8; a name of a file may be something else."""
    for name, text in inputs.items():
        try:
            text.encode()
        except UnicodeEncodeError:
            option = name.removeprefix("rollway_").removesuffix("_path").replace("_", "-")
            raise RollwayError(
                f"--{option}", f"found {text!r}", accepted="text in UTF-8", next="type it anew"
            ) from None


def exit_code(ended: Ended, run_dir: Path) -> int:
    """The code of the contract: the run's own, that of a refused request, or a signal's."""
    for name in ("result.json", "error.json", LOCKS, PAGE):
        found = read_result(run_dir, name).get("exit")
        if found is not None:
            return int(found)
    if ended.signal:
        return exits.after_signal(ended.signal.name)
    return exits.UNEXPECTED if ended.code else exits.DONE


def _record_interruption(wanted: Wanted, run_dir: Path, number: signal.Signals) -> None:
    """A table of hosts that only record says nothing: lines do."""
    output = PLAIN if wanted.output == LIVE else wanted.output
    inventory = INVENTORIES / wanted.env
    with _told(replace(wanted, output=output)) as (environment, descriptors):
        run = Interrupted(run_dir, wanted.verb, inventory, number, environment, descriptors)
        interruption.record(run)


def _record_silence(wanted: Wanted, run_id: str, ended: Ended) -> None:
    """Ansible may end well without having run a thing: that is never a release that went well."""
    error = RollwayError(
        _playbook(wanted.verb),
        f"ansible-playbook ended with {ended.code}, and the run {run_id} left no result",
        accepted="a result, or the reason of a refusal",
        next=f"./invoke status --env={wanted.env} --app={wanted.app} --verbose",
        exit_code=exits.UNEXPECTED,
    )
    write_error(RUNS, run_id, error)
    say(str(error))


def read_result(run_dir: Path, name: str = "result.json") -> dict[str, Any]:
    """A record of a run's folder; empty when the run did not get so far."""
    path = run_dir / name
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def conduct(wanted: Wanted, *, as_json: bool, started: float) -> int:
    """Run a verb and say how it ended; `started` is of the monotonic clock."""
    code, run_dir = run_confirmed(wanted)
    result, seconds = read_result(run_dir), time.monotonic() - started
    if wanted.output == JSON:
        said = result or _refused(run_dir)
        sys.stdout.write(result_event(said, code=code, now=time.time(), seconds=seconds) + "\n")
    say_end(result, seconds=seconds, as_json=as_json and wanted.output != JSON)
    planned = read_result(run_dir, PREVIEW)
    if planned and not as_json and wanted.output != JSON:
        print_plan(planned, with_diff=wanted.diff)
    return code


def say_end(result: Mapping[str, Any], *, seconds: float, as_json: bool) -> None:
    """The result on stdout as JSON, or in a few lines what happened and what to type next."""
    if as_json and result:
        sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    if not result:
        return
    for line in end_lines(result, seconds=seconds):
        sys.stderr.write(line + "\n")


def _refused(run_dir: Path) -> dict[str, Any]:
    """What is known of a run that ended before there was anything to plan."""
    error = read_result(run_dir, "error.json")
    if not error:
        return {"sentence": "it ended early"}
    return {"sentence": f"{error['where']}: {error['found']}", "problems": [error]}


@contextmanager
def _told(wanted: Wanted) -> Iterator[tuple[dict[str, str], tuple[int, ...]]]:
    """The environment for Ansible's callback, and a descriptor of our stdout for events alone."""
    if wanted.verbose:
        yield {}, ()
        return
    environment = {"ANSIBLE_STDOUT_CALLBACK": "rollway", OUTPUT_VARIABLE: wanted.output}
    if wanted.output != JSON:
        yield environment, ()
        return
    sys.stdout.flush()
    events = os.dup(sys.stdout.fileno())
    try:
        yield {**environment, EVENTS_VARIABLE: str(events)}, (events,)
    finally:
        os.close(events)
