"""Runs of a release that has jobs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rollway.rollout.journal import Event
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
    steady_fleet,
)
from tests.unit.rollout.run_folder import RunFolder

DONE = {"run": "run-0", "started": "T", "finished": "T", "exit_code": 0}
FAILED = {**DONE, "exit_code": 3}
OPEN = {"run": "run-0", "started": "T", "finished": None, "exit_code": None}
TAKEN = {**OPEN, "finished": "T", "taken_by": "run-9"}
HOSTS = ("app-1", "app-2", "app-3")
STARTED: dict[str, Any] = {"result": {"cut": {}}}
RELEASES = {"1-a": release("a"), "2-b": release("b", outcome="candidate")}


def job(name: str = "migrate", **changes: Any) -> dict[str, Any]:
    values = {"name": name, "when": "before_traffic", "hosts": [], "timeout_seconds": 600}
    return {**values, "idempotent": False, "backward_compatible": False, **changes}


def with_jobs(*jobs: dict[str, Any], **changes: Any) -> Any:
    return request(manifest=manifest("b", jobs=list(jobs or [job()])), **changes)


def knowing(found: dict[str, Event], host: str, record: dict[str, Any]) -> dict[str, Event]:
    """The same fleet, and a host that has a record of the job in 2-b."""
    result = {**found[host].result, "jobs": {"2-b": {"migrate": record}}}
    return {**found, host: replace(found[host], result=result)}


def second_fleet() -> dict[str, Event]:
    """Three hosts that serve 1-a and have staged 2-b, which has the job."""
    both: dict[str, Any] = {"active": "blue", "blue": "1-a", "releases": RELEASES}
    hosts = [acquired_host(f"app-{number}", **both) for number in (1, 2, 3)]
    for event in hosts:
        event.result["manifests"]["2-b"]["jobs"] = [job()]
    return fleet(*hosts, acquired_edge(*[(host.host, "blue") for host in hosts]))


class Run(RunFolder):
    """A run of any verb."""

    def moves(self) -> Run:
        """Everything after the jobs goes well."""
        self.happened("start", "app-1", **STARTED)
        self.happened("advance", "app-2", **STARTED).happened("advance", "app-3", **STARTED)
        for wave in range(3):
            self.happened("shift", "edge-1", wave=wave)
        return self


def run_with_a_job(tmp_path: Path) -> Run:
    return Run(tmp_path, with_jobs(), steady_fleet())


def held(acquired: dict[str, Event], **changes: Any) -> dict[str, Event]:
    """The same fleet, held for the job's sake."""
    hold = {"release": "2-b", "previous": "1-a", "reasons": [], "jobs": ["migrate"], **changes}
    for event in acquired.values():
        event.result["hold"] = hold
    return acquired


WITHOUT_FIRST: dict[str, Any] = {"app_hosts": ["app-2", "app-3"]}
