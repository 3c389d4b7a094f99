"""`depends_on`, when services have become replicas and accessories live elsewhere."""

from __future__ import annotations

from typing import Any

from rollway.config.problems import neighbours, shown
from rollway.release.project import ACCESSORY, WEB, WORKER, Project

_STARTED, _HEALTHY = "service_started", "service_healthy"
_CONDITIONS = (_STARTED, _HEALTHY)


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
        optional = str(condition.get("required", True)).lower() == "false"
        if not optional:
            known = neighbours(other, project.config.classes)
            project.problems.add(path, "there is no such service", accepted=known)
    elif condition["condition"] not in _CONDITIONS:
        found = shown(condition["condition"])
        project.problems.add(f"{path}/condition", found, accepted=", ".join(_CONDITIONS))
    elif kind == WORKER and own == WEB:
        found = "it is a worker, which changes after the traffic has moved"
        project.problems.add(path, found, accepted=f"class: web for {other}")
    elif own == ACCESSORY and kind != ACCESSORY:
        found = f"it is a {kind} service, and an accessory outlives releases"
        project.problems.add(path, found, accepted="an accessory")
    else:
        return True
    return False
