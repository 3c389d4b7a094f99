"""Fleets that have one of a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.plan import Plan
from tests.unit.rollout.fleet_fixtures import manifest, request, steady_fleet
from tests.unit.rollout.jobs_fixtures import Run

BEAT = {
    "name": "beat",
    "class": "worker",
    "replicas": 1,
    "containers": ["beat-1"],
    "port": None,
    "singleton": True,
    "hosts": [],
}
HOSTS = ("app-1", "app-2", "app-3")
WHICH = "--env=local --app=iris"


def with_beat(content: dict[str, Any], **beat: Any) -> dict[str, Any]:
    return {**content, "services": [*content["services"], {**BEAT, **beat}]}


def asked_with_beat(
    verb: str = "deploy", beat: dict[str, Any] | None = None, **changes: Any
) -> Any:
    release = with_beat(manifest("b"), **(beat or {})) if verb == "deploy" else None
    return request(verb, manifest=release, **changes)


def fleet_with(
    *having: str, placed: list[str] | None = None, was: dict[str, Any] | None = None
) -> dict[str, Event]:
    """Three hosts that serve 1-a, which has the singleton; `placed` is what the edge knows."""
    found = steady_fleet()
    for name in HOSTS:
        result = found[name].result
        kept = result["manifests"]
        result["manifests"] = {key: with_beat(one, **(was or {})) for key, one in kept.items()}
        result["state"]["singletons"] = ["beat"] if name in having else []
    known = placed if placed is not None else list(having)
    found["edge-1"].result["state"] = {"placed": {"beat": known} if known else {}}
    return found


def planned(plan: Plan) -> tuple[str, list[str]]:
    (one,) = plan.singletons
    return one.host, one.still


def run_that_moves_it(tmp_path: Path) -> Run:
    """A deploy that takes it from app-2 to app-3; all traffic has moved."""
    return Run(tmp_path, asked_with_beat(beat={"hosts": ["app-3"]}), fleet_with("app-2")).moves()
