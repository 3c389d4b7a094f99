"""What `doctor` asks of each host, and what the rest of the fleet tells it for a repair. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Any

from rollway.rollout.calls import HOST_MODULE, Call, place_of
from rollway.rollout.fleet import SLOTS
from rollway.rollout.journal import Event
from rollway.rollout.request import Request

DOCTOR = "doctor"
DOCTOR_LOOK, DOCTOR_ACT = "doctor_look", "doctor_act"
STATE, RELEASE, SLOT = "state", "release", "slot"
UNTOLD = "./invoke doctor --fix, once every edge answers"

Finding = dict[str, Any]
Events = Mapping[str, Event]


def look_call(request: Request, host: str) -> Call:
    """Ask a host what is wrong; an edge also what it does for each server."""
    return _call(request, host, mode="read")


def repair_call(request: Request, host: str, looked: Events) -> Call:
    """Let a host mend what it found, with what edges and other hosts told."""
    edges = {"serves": slots_served(looked, host), "edges_told": all_told(looked, request.edges)}
    return _call(request, host, mode="lock", manifests=known_of(looked, host), **edges)


def findings_of(host: str, looked: Events, *, edges: Collection[str] = ()) -> list[Finding]:
    """What a host found; `fix` says what a repair does, which may need the rest of the fleet.

    It needs the word of all `edges` where it depends on which slot serves.
    """
    event = looked.get(host)
    found = event.result.get("findings") if event else None
    is_told = all_told(looked, edges)
    return [_with_fleet(one, host, looked, is_told=is_told) for one in found or ()]


def all_told(looked: Events, edges: Collection[str]) -> bool:
    """Whether every edge said where it sends requests: a silent one may use either slot."""
    answers = [looked[edge] for edge in edges if edge in looked]
    told = [one for one in answers if one.ok and one.result.get("servers") is not None]
    return len(told) == len(edges)


def slots_served(looked: Events, host: str) -> list[str]:
    """The slots of a host to which any edge sends requests."""
    servers = [one for event in looked.values() for one in event.result.get("servers") or ()]
    ready = {
        str(one["slot"])
        for one in servers
        if one["host"] == host and one["admin_state"] == "ready" and one["weight"]
    }
    return [slot for slot in SLOTS if slot in ready]


def known_of(looked: Events, host: str) -> dict[str, Any]:
    """The releases that a host cannot read, as another has them."""
    wanted = {_release_of(one) for one in _told(looked, host) if one["kind"] == RELEASE}
    found: dict[str, Any] = {}
    for name, event in sorted(looked.items()):
        for release, manifest in (event.result.get("manifests") or {}).items():
            if name != host and release in wanted:
                found.setdefault(release, manifest)
    return found


def _with_fleet(finding: Finding, host: str, looked: Events, *, is_told: bool) -> Finding:
    if finding["kind"] == RELEASE and _release_of(finding) in known_of(looked, host):
        fix = "keeps it as release.json.bad and writes it anew, as another host has it"
        return {**finding, "fix": fix, "next": ""}
    if finding["kind"] == SLOT and finding["fix"] and not is_told:
        return {**finding, "fix": "", "next": UNTOLD}
    served = slots_served(looked, host)
    if finding["kind"] == STATE and not finding["fix"] and len(served) == 1 and is_told:
        fix = f"keeps it as state.json.bad and records what runs: {served[0]} serves, by the edges"
        return {**finding, "fix": fix, "next": ""}
    return finding


def _told(looked: Events, host: str) -> list[Finding]:
    event = looked.get(host)
    return list(event.result.get("findings") or ()) if event else []


def _release_of(finding: Finding) -> str:
    """The release of `…/releases/<id>/release.json`."""
    return PurePosixPath(finding["where"]).parent.name


def _call(request: Request, host: str, *, mode: str, **more: Any) -> Call:
    asked = {"step": DOCTOR, "app": request.app, "run": request.run, "alive": request.alive}
    fleet = {
        "hosts": [*request.app_hosts, *request.outside],
        "reads_edge": host in request.edges,
        "inventory_host": host,
        "address": request.addresses.get(host),
    }
    return Call(HOST_MODULE, {**asked, **fleet, **place_of(request, host), "mode": mode, **more})
