"""Measures methods in turn: every round runs each of them once, since machines are noisy."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import phases, rollway_side
from benchmarks.fleet import ENV, WORK, Fleet
from benchmarks.methods import Method
from benchmarks.process import Measured, measure, say
from benchmarks.versions import Versions
from rollway.lab.paths import PROJECT

RUNS = PROJECT / ".rollway" / "runs"


@dataclass(frozen=True)
class Sample:
    """One timed release. `load` is the machine's load before it; `phases` are Rollway's."""

    method: str
    hosts: int
    round: int
    seconds: float
    peak_bytes: int
    load: float
    phases: dict[str, float] = field(default_factory=dict)


def measure_rounds(fleet: Fleet, methods: Sequence[Method], rounds: int) -> Iterator[Sample]:
    """Each kind of method once untimed, so that all replace a release; then all, every round."""
    versions = Versions()
    for method in _one_of_each_kind(methods):
        run(fleet, method, versions.build(fleet))
    for number in range(1, rounds + 1):
        for method in methods:
            yield _sample(fleet, method, number, versions)


def _one_of_each_kind(methods: Sequence[Method]) -> list[Method]:
    """Scripts and playbook replace one another's release, Rollway its own."""
    return list({method.is_rollway: method for method in methods}.values())


def _sample(fleet: Fleet, method: Method, number: int, versions: Versions) -> Sample:
    version, load, hosts = versions.build(fleet), os.getloadavg()[0], len(fleet.hosts)
    measured, split = run(fleet, method, version)
    say(f"{hosts} hosts, round {number}: {method.name}: {measured.seconds:.2f} s (load {load:.1f})")
    return Sample(method.name, hosts, number, measured.seconds, measured.peak_bytes, load, split)


def run(fleet: Fleet, method: Method, version: str) -> tuple[Measured, dict[str, float]]:
    """Release a version by a method, over connections that are opened anew."""
    if method.is_rollway:
        rollway_side.write_settings(fleet, method.variables)
    before = _results()
    with _fresh_connections() as sockets:
        extra = {"ANSIBLE_SSH_CONTROL_PATH_DIR": str(sockets), "BENCH_SOCKETS": str(sockets)}
        measured = measure(method.command(fleet, version), extra=extra, folder=WORK)
    if not method.is_rollway:
        return measured, {}
    rollway_side.wait_until_cool(fleet)
    marks = phases.read(_own_run(_results() - before))
    return measured, phases.split(marks, started=measured.started, ended=measured.ended)


def _results() -> set[Path]:
    return set(RUNS.glob("*-deploy-*/result.json"))


def _own_run(new: set[Path]) -> Path:
    """The folder of the run; somebody may deploy elsewhere at the same time."""
    return next(path.parent for path in new if json.loads(path.read_text())["env"] == ENV)


@contextmanager
def _fresh_connections() -> Iterator[Path]:
    """A new folder of sockets; the masters in it end with the block."""
    # its name is short: a socket's path has at most 104 characters
    with tempfile.TemporaryDirectory(prefix="rb-", ignore_cleanup_errors=True) as name:
        try:
            yield Path(name)
        finally:
            for socket in Path(name).iterdir():
                command = ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "any"]
                subprocess.run(command, capture_output=True, check=False)
