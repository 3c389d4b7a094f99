"""Jobs: when and where each runs, and what may wait for it."""

from __future__ import annotations

from typing import Any

from rollway.config.model import Service
from rollway.config.problems import neighbours, shown
from rollway.release.project import ACCESSORY, JOB, Project, per_slot_volumes

BEFORE, AFTER = "before_traffic", "after_traffic"
TIMEOUT_SECONDS = 600


def describe_jobs(project: Project) -> list[dict[str, Any]]:
    """What the manifest says of each, in the order of the file, which is that of their runs."""
    return [_describe(project, name) for name in project.config.of_class(JOB)]


def why_not(project: Project, name: str, other: str) -> tuple[str, str] | None:
    """Why a job cannot wait for another service, or be waited for: what was found, and accepted."""
    kinds = project.config.classes
    if kinds[name] == JOB and kinds[other] == JOB:
        return _why_not_in_order(project, name, other)
    if kinds[name] == JOB and kinds[other] != ACCESSORY and _when(project, name) == BEFORE:
        return f"it is a {kinds[other]} service, which starts after the job", f"when: {AFTER}"
    if kinds[other] == JOB and kinds[name] == ACCESSORY:
        return "it is a job, and an accessory outlives releases", "an accessory"
    if kinds[other] == JOB and _when(project, other) == AFTER:
        return "it runs after the traffic has moved", f"when: {BEFORE} for {other}"
    return None


def _why_not_in_order(project: Project, name: str, other: str) -> tuple[str, str] | None:
    order = project.config.of_class(JOB)
    times = (_when(project, other), _when(project, name))
    if order.index(other) > order.index(name) or times == (AFTER, BEFORE):
        return "it runs later", f"{other} before {name}, in the file and by `when`"
    if times[0] == times[1] and _told(project, name).hosts != _told(project, other).hosts:
        return "it runs on another host at the same time", "the same `hosts`"
    return None


def _describe(project: Project, name: str) -> dict[str, Any]:
    told = _told(project, name)
    _check(project, name, told)
    return {
        "name": name,
        "when": _when(project, name),
        "hosts": one_host(project, name),
        "idempotent": bool(told.idempotent),
        "backward_compatible": bool(told.backward_compatible),
        "timeout_seconds": told.timeout_seconds or TIMEOUT_SECONDS,
    }


def one_host(project: Project, name: str) -> list[str]:
    """The one host it is told; of a group the first by name, since no second host may run it."""
    config, told = project.config, _told(project, name)
    if told.hosts is None:
        return []
    if isinstance(told.hosts, str):
        if told.hosts in config.hosts:
            return [told.hosts]
        if config.groups.get(told.hosts):
            return sorted(config.groups[told.hosts])[:1]
    path, known = f"x-rollway/services/{name}/hosts", [*config.hosts, *config.groups]
    found = f"{shown(told.hosts)} is no app host, and no group of them"
    accepted = neighbours(told.hosts, known) if isinstance(told.hosts, str) else "one name"
    project.problems.add(path, found, accepted=accepted)
    return []


def _check(project: Project, name: str, told: Service) -> None:
    """One container, once, that belongs to no slot."""
    problems, service = project.problems, project.config.service(name)
    replicas = (service.get("deploy") or {}).get("replicas")
    if replicas is not None and str(replicas) != "1":
        path = f"services/{name}/deploy/replicas"
        problems.add(path, shown(replicas), accepted="leave it out: a job runs once")
    mounted = {
        str(entry.get("source")) if isinstance(entry, dict) else str(entry).partition(":")[0]
        for entry in service.get("volumes") or []
    }
    apart = sorted(mounted & per_slot_volumes(project.config))
    if told.volumes == "per_slot" or apart:
        found = f"each slot has its own {', '.join(apart) or 'volumes'}, and a job is in none"
        problems.add(f"services/{name}/volumes", found, accepted="a volume that is shared")


def _when(project: Project, name: str) -> str:
    return _told(project, name).when or BEFORE


def _told(project: Project, name: str) -> Service:
    return project.config.settings.services[name]
