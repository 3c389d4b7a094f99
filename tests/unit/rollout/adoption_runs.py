"""Runs of `adopt`, as far as they came."""

from __future__ import annotations

from typing import Any

from rollway.rollout import outcome
from rollway.rollout.journal import Event, Journal
from tests.unit.rollout.adoption_fixtures import HOSTS, plain_host, record
from tests.unit.rollout.fleet_fixtures import acquired_edge, fleet, release
from tests.unit.rollout.run_folder import RunFolder

WHICH = "--env=local --app=iris"
AGAIN = f"./invoke adopt {WHICH} --version=b --project=shop"
CANDIDATE = {"1-b": release("b", outcome="candidate")}
GOOD = {"1-b": release("b")}
PHASE = {"run": "20260131T120000Z-adopt-1a2b3c", "step": "start", "release": "1-b"}


class Run(RunFolder):
    """A run of any verb over hosts that run, or ran, the project."""

    def ends(self, *events: Event) -> outcome.Outcome:
        for event in events:
            Journal(self.run_dir).append(event)
        return self.outcome()


GAP = (
    "app-1: shop-db-1 stops, and db of the release starts on its volumes: until it is ready, "
    "requests that need it wait or fail"
)


def serving(*containers: dict[str, Any], **changes: Any) -> dict[str, Event]:
    told = {"active": "blue", "blue": "1-b", "releases": GOOD, **changes}
    hosts = [plain_host(name, *containers, **told) for name in HOSTS]
    return fleet(*hosts, acquired_edge(*[(name, "blue") for name in HOSTS]))


def begun_fleet(**changes: Any) -> dict[str, Event]:
    """Every host has the release on trial, and the edge sends requests to the first."""
    told = {"blue": "1-b", "releases": CANDIDATE, "adopted": record(), **changes}
    hosts = [plain_host(name, **told) for name in HOSTS]
    for event in hosts:
        event.result["state"]["phase"] = PHASE
    return fleet(*hosts, acquired_edge(("app-1", "blue")))
