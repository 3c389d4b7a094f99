"""A fleet that is given another number of replicas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.plan import Plan
from tests.unit.rollout.fleet_fixtures import (
    acquired_edge,
    acquired_host,
    fleet,
    manifest,
    release,
    request,
)
from tests.unit.rollout.run_folder import RunFolder

WHICH = "--env=local --app=iris"
AGAIN = f"./invoke scale {WHICH} --service=api --replicas=3"
HOSTS = ("app-1", "app-2", "app-3")
SCALE_RUN = "20260131T120000Z-scale-1a2b3c"
ONE = {"1-a": release("a")}


def web_service(replicas: int) -> dict[str, Any]:
    names = [f"api-{number}" for number in range(1, replicas + 1)]
    return {**manifest("a")["services"][0], "replicas": replicas, "containers": names}


def scaled_release(replicas: int, base: str = "1-a", version: str = "a") -> dict[str, Any]:
    """What a host says that a release becomes; with one replica it is 1-a itself."""
    new = {"hash": f"hash-of-{version}-{replicas}", "id": base, "scaled": {"api": replicas}}
    if replicas == 1:
        return {**manifest(version), "id": base}
    return {**manifest(version), **new, "services": [web_service(replicas)]}


def offer(
    acquired: dict[str, Event], replicas: int = 3, others: dict[str, Any] | None = None
) -> dict[str, Event]:
    """Every host says what the releases in its slots become."""
    for name in HOSTS:
        slots = acquired[name].result["state"]["slots"].values()
        known = {
            one["release"]: {"kind": "web", "release": scaled_release(replicas)} for one in slots
        }
        acquired[name].result["scaled"] = {**known, **(others or {})}
        acquired[name].result["ports"] = {"api": {"blue": [1, 2, 3], "green": [4, 5, 6]}}
    return acquired


def asked_scale(**changes: Any) -> Any:
    return request("scale", **{"service": "api", "replicas": 3, **changes})


def plan_scale(run_dir: Path, acquired: dict[str, Event], **changes: Any) -> Plan:
    return RunFolder(run_dir, asked_scale(**changes), acquired).plan


def two(active: str = "green", warm: str = "blue", **one: Any) -> dict[str, Event]:
    """Three hosts that serve 2-a, which has three replicas; 1-a has one, and is warm."""
    scaled = {**release("a"), "hash": "hash-of-a-3"}
    known = {"blue": "1-a", "green": "2-a", "releases": {**ONE, "2-a": scaled}, **one}
    hosts = [acquired_host(name, active=active, warm=warm, **known) for name in HOSTS]
    for event in hosts:
        event.result["manifests"]["2-a"] = {**scaled_release(3), "id": "2-a"}
    return fleet(*hosts, acquired_edge(*[(name, active) for name in HOSTS]))


def phase_at(acquired: dict[str, Event], run: str, left: str | None) -> dict[str, Event]:
    for name in HOSTS:
        acquired[name].result["state"]["phase"] = {"run": run, "step": "stage", "release": left}
    return acquired


def killed(**changes: Any) -> dict[str, Event]:
    """The first host serves 2-a; the records name the one before."""
    on_trial = {**release("a", outcome="candidate"), "hash": "hash-of-a-3"}
    acquired = two(active="blue", warm="", releases={**ONE, "2-a": on_trial}, **changes)
    edge = acquired_edge(("app-1", "green"), ("app-2", "blue"), ("app-3", "blue"))
    return phase_at({**acquired, "edge-1": edge}, SCALE_RUN, "2-a")
