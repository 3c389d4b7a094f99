"""Workers of which the fleet has one: where each is told to run, and what it cannot be."""

from __future__ import annotations

from typing import Any

from rollway.config.problems import shown
from rollway.config.rollout import update_config
from rollway.release.jobs import one_host
from rollway.release.project import Project


def describe_singleton(project: Project, name: str) -> dict[str, Any]:
    """What the manifest says of it beside what it says of any worker; nothing of another service.

    `hosts` is empty where the run chooses.
    """
    told = project.config.settings.services.get(name)
    if told is None or not told.singleton:
        return {}
    _check(project, name)
    return {"singleton": True, "hosts": one_host(project, name)}


def _check(project: Project, name: str) -> None:
    """One container, and never a second one beside it."""
    service, problems = project.config.service(name), project.problems
    replicas = (service.get("deploy") or {}).get("replicas")
    if len(project.containers[name]) > 1:
        path = f"services/{name}/deploy/replicas"
        problems.add(path, shown(replicas), accepted="leave it out: a singleton runs once")
    if update_config(service).get("order") == "start-first":
        path = f"services/{name}/deploy/update_config/order"
        accepted = "stop-first: two of a singleton never run"
        problems.add(path, "'start-first'", accepted=accepted)
