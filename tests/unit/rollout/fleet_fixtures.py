"""A fleet of three hosts and one edge, as `acquire` answers."""

from __future__ import annotations

from typing import Any

from rollway.rollout.journal import Event
from rollway.rollout.request import Request

HTTP = {
    "service": "api",
    "port": 8000,
    "ready": "/ready",
    "hosts": [],
    "path": "/",
    "drain_seconds": 30,
    "retry": ["GET"],
}


def manifest(version: str, **changes: Any) -> dict[str, Any]:
    return {
        "schema": 1,
        "app": "iris",
        "version": version,
        "hash": f"hash-of-{version}",
        "id": "",
        "services": [{"name": "api", "class": "web", "replicas": 1, "port": 8000}],
        "images": {"api": f"registry/iris@sha256:{version}"},
        "http": HTTP,
        "rollout": {"waves": [1], "max_failures": 0, "bake_seconds": 0, "keep_warm_seconds": 300},
        "source": {"commit": "abc"},
        "compose": "services: {}",
        "files": [],
        **changes,
    }


def release(version: str, *, outcome: str = "good") -> dict[str, Any]:
    return {"version": version, "hash": f"hash-of-{version}", "outcome": outcome}


def acquired_host(name: str, *, active: str | None = None, **state: Any) -> Event:
    """`blue="1-a"` puts a running release into a slot; `warm="green"` makes that slot warm."""
    warm = state.get("warm")
    slots = {
        slot: {"release": state.get(slot), "state": "warm" if slot == warm else "running"}
        for slot in ("blue", "green")
        if state.get(slot)
    }
    result = {
        "ok": True,
        "generation": 7,
        "state": {"active": active, "slots": slots, "releases": state.get("releases", {})},
        "manifests": {
            key: {**manifest(one["version"]), "id": key}
            for key, one in state.get("releases", {}).items()
        },
        "ports": {"api": {"blue": [20000], "green": [20001]}},
    }
    return Event("acquire", name, result=result)


def acquired_edge(
    *servers: tuple[str, str],
    old_workers: int = 0,
    admin_state: str = "ready",
    name: str = "edge-1",
) -> Event:
    """`("app-1", "blue")` is a server that gets requests."""
    listed = [
        {
            "name": f"{host}-{slot}-1",
            "host": host,
            "slot": slot,
            "address": "10.0.0.9",
            "port": 20000,
            "weight": 100,
            "admin_state": admin_state,
        }
        for host, slot in servers
    ]
    edge = {"servers": listed, "old_workers": old_workers, "backend": HTTP if servers else None}
    return Event("acquire", name, result={"ok": True, "generation": 2, "edge": edge})


def request(verb: str = "deploy", *, version: str = "b", **changes: Any) -> Request:
    hosts = ["app-1", "app-2", "app-3"]
    values: dict[str, Any] = {
        "verb": verb,
        "app": "iris",
        "env": "local",
        "run": {"id": "run-1", "verb": verb, "owner": "me@here", "started": "2026-01-01T00:00:00Z"},
        "app_hosts": hosts,
        "edges": ["edge-1"],
        "addresses": {host: f"10.0.0.{number}" for number, host in enumerate(hosts, start=1)},
        "manifest": manifest(version) if verb == "deploy" else None,
        **changes,
    }
    return Request(**values)


def fleet(*events: Event) -> dict[str, Event]:
    return {event.host: event for event in events}


def steady_fleet(**changes: Any) -> dict[str, Event]:
    """Three hosts that serve 1-a in blue."""
    state = {"active": "blue", "blue": "1-a", "releases": {"1-a": release("a")}, **changes}
    hosts = [acquired_host(f"app-{number}", **state) for number in (1, 2, 3)]
    return fleet(*hosts, acquired_edge(*[(host.host, "blue") for host in hosts]))
