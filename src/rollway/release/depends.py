"""`depends_on`, when services have become replicas and accessories live elsewhere."""

from __future__ import annotations

from typing import Any

from rollway.config.problems import neighbours, shown
from rollway.config.truths import is_true
from rollway.release.jobs import why_not
from rollway.release.project import ACCESSORY, JOB, WEB, WORKER, Project

_STARTED, _HEALTHY = "service_started", "service_healthy"
_COMPLETED = "service_completed_successfully"
_CONDITIONS = (_STARTED, _HEALTHY)
_CONDITIONS_OF_JOBS = (_COMPLETED, _STARTED)


def depends_on(project: Project, name: str, value: Any) -> dict[str, Any]:
    """What stays of it; an accessory that is waited for goes into `project.needed`."""
    entries = value if isinstance(value, dict) else dict.fromkeys(map(str, value or []))
    rendered: dict[str, Any] = {}
    for other, given in entries.items():
        condition = {"condition": _STARTED, **(given or {})}
        if _is_possible(project, name, other, condition):
            rendered.update(_rendered(project, name, other, condition))
    return rendered


def _rendered(project: Project, name: str, other: str, condition: dict[str, Any]) -> dict[str, Any]:
    classes = project.config.classes
    if classes[other] == JOB or (classes[name] == JOB and classes[other] != ACCESSORY):
        return {}
    if classes[other] != ACCESSORY:
        return {numbered: dict(condition) for numbered in project.containers[other]}
    if classes[name] == ACCESSORY:
        return {other: condition}
    wanted = {project.needed.get(other), condition["condition"]}
    project.needed[other] = _HEALTHY if _HEALTHY in wanted else _STARTED
    return {}


def _is_possible(project: Project, name: str, other: str, condition: dict[str, Any]) -> bool:
    path = f"services/{name}/depends_on/{other}"
    kind, own = project.config.classes.get(other), project.config.classes[name]
    if kind is None:
        if is_true(condition.get("required"), unset=True):
            near = neighbours(other, project.config.classes)
            project.problems.add(path, "there is no such service", accepted=near)
    elif condition["condition"] not in (known := _conditions(kind)):
        found = shown(condition["condition"])
        project.problems.add(f"{path}/condition", found, accepted=", ".join(known))
    elif JOB in (kind, own) and (problem := why_not(project, name, other)):
        project.problems.add(path, problem[0], accepted=problem[1])
    elif kind == WORKER and own == WEB:
        found = "it is a worker, which changes after the traffic has moved"
        project.problems.add(path, found, accepted=f"class: web for {other}")
    elif own == ACCESSORY and kind != ACCESSORY:
        found = f"it is a {kind} service, and an accessory outlives releases"
        project.problems.add(path, found, accepted="an accessory")
    else:
        return True
    return False


def _conditions(kind: str) -> tuple[str, ...]:
    return _CONDITIONS_OF_JOBS if kind == JOB else _CONDITIONS
