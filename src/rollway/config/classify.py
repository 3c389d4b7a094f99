"""Decides what each service of a Compose file is: web, worker, accessory or job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway import names
from rollway.config.interpolate import names_in
from rollway.config.model import Service, XRollway
from rollway.config.problems import Problems, neighbours
from rollway.config.slot_variables import variable_part
from rollway.errors import RollwayError

RELEASED_BY = "ROLLWAY_VERSION"
_KEYS_OF = {
    ("worker",): ("singleton",),
    ("accessory",): ("port",),
    ("job",): ("when", "idempotent", "backward_compatible", "timeout_seconds"),
}


def released_services(raw: Mapping[str, Any]) -> set[str]:
    """The services whose image carries the released version, of a file not yet interpolated."""
    return {
        str(name)
        for name, service in raw["services"].items()
        if isinstance(service, dict) and RELEASED_BY in names_in(str(service.get("image", "")))
    }


def classify(
    services: Mapping[str, Any], settings: XRollway, released: set[str], problems: Problems
) -> dict[str, str]:
    """Service → class. A released service without a class is a worker; others must be told."""
    _check_names(services, problems)
    _check_told(services, settings, problems)
    return {
        name: kind
        for name in services
        if (kind := _class_of(name, settings, released, problems)) is not None
    }


def _class_of(name: str, settings: XRollway, released: set[str], problems: Problems) -> str | None:
    told = settings.services.get(name)
    if settings.http and settings.http.service == name:
        if told and told.kind != "web":
            path = f"x-rollway/services/{name}/class"
            problems.add(path, f"{told.kind}, but x-rollway.http names it", accepted="web")
        return "web"
    if told:
        _check_class(name, told, settings, released, problems)
        return told.kind
    if name in released:
        return "worker"
    problems.add(
        f"services/{name}",
        "its image is not the released one, and x-rollway does not say what it is",
        accepted=f"x-rollway: {{services: {{{name}: {{class: accessory}}}}}}, or web, worker, job",
    )
    return None


def _check_class(
    name: str, told: Service, settings: XRollway, released: set[str], problems: Problems
) -> None:
    path = f"x-rollway/services/{name}"
    if told.kind == "accessory" and name in released:
        found = "accessory, but its image is released"
        problems.add(f"{path}/class", found, accepted="web, worker, job")
    if told.kind == "web" and not settings.http:
        found = "web, but there is no x-rollway.http"
        problems.add(f"{path}/class", found, accepted="worker, or http: {service: …, port: …}")
    if told.hosts is not None and not (told.kind in ("accessory", "job") or told.singleton):
        accepted = "class: accessory or job, or a worker with singleton: true"
        problems.add(f"{path}/hosts", f"it is no key of a {told.kind}", accepted=accepted)
    for kinds, keys in _KEYS_OF.items():
        for key in keys:
            if told.kind not in kinds and getattr(told, key) is not None:
                accepted = f"class: {' or '.join(kinds)}"
                problems.add(f"{path}/{key}", f"it is no key of a {told.kind}", accepted=accepted)


def _check_told(services: Mapping[str, Any], settings: XRollway, problems: Problems) -> None:
    for name in settings.services:
        if name not in services:
            problems.add(
                f"x-rollway/services/{name}",
                "there is no such service",
                accepted=neighbours(name, services),
            )
    http = settings.http
    if http and http.service not in services:
        problems.add(
            "x-rollway/http/service",
            f"{http.service!r} is no service of this file",
            accepted=neighbours(http.service, services),
        )


def _check_names(services: Mapping[str, Any], problems: Problems) -> None:
    """Names become paths, variables and the names of replicas, which must not be each other's."""
    parts: dict[str, str] = {}
    for name in services:
        _check_name(name, problems)
        other = parts.setdefault(variable_part(name), name)
        if other != name:
            problems.add(f"services/{name}", f"too like {other!r}", accepted="another name")
        base, _, number = name.rpartition("-")
        if number.isdigit() and base in services:
            found = f"replicas of {base!r} have names like this"
            problems.add(f"services/{name}", found, accepted="another name")


def _check_name(name: str, problems: Problems) -> None:
    try:
        names.service_name(name)
    except RollwayError as error:
        problems.add(f"services/{name}", error.found, accepted=error.accepted)
