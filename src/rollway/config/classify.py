"""Decides what each service of a Compose file is: web, worker or accessory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.config.model import XRollway
from rollway.config.problems import Problems, neighbours


def classify(
    services: Mapping[str, Any], settings: XRollway, released: set[str], problems: Problems
) -> dict[str, str]:
    """Service → class. A released service without a class is a worker; others must be told."""
    _check_names(services, settings, problems)
    return {
        name: kind
        for name in services
        if (kind := _class_of(str(name), settings, released, problems))
    }


def _class_of(name: str, settings: XRollway, released: set[str], problems: Problems) -> str | None:
    told = settings.services.get(name)
    path = f"x-rollway/services/{name}/class"
    if settings.http and settings.http.service == name:
        if told and told.kind != "web":
            problems.add(path, f"{told.kind}, but http names it", accepted="web")
        return "web"
    if told is None:
        if name in released:
            return "worker"
        problems.add(
            f"services/{name}",
            "its image is not the released one, and x-rollway does not say what it is",
            accepted=f"x-rollway: {{services: {{{name}: {{class: accessory}}}}}}",
        )
        return None
    if told.kind == "job":
        problems.add(path, "jobs cannot be released yet", accepted="web, worker, accessory")
    if told.kind == "accessory" and name in released:
        problems.add(path, "accessory, but its image is released", accepted="web, worker")
    return told.kind


def _check_names(services: Mapping[str, Any], settings: XRollway, problems: Problems) -> None:
    for name in settings.services:
        if name not in services:
            problems.add(
                f"x-rollway/services/{name}",
                "there is no such service",
                accepted=neighbours(name, map(str, services)),
            )
    http = settings.http
    if http and http.service not in services:
        problems.add(
            "x-rollway/http/service",
            f"{http.service!r} is no service of this file",
            accepted=neighbours(http.service, map(str, services)),
        )
