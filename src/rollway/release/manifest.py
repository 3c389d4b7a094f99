"""The manifest of a release: immutable, and the same for every host and slot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from rollway.config.durations import seconds
from rollway.config.load import AppConfig
from rollway.config.problems import Problems
from rollway.release.render import Rendered, render
from rollway.release.render_service import ServiceRenderer
from rollway.release.text import compose_text

SCHEMA = 1
_NOT_HASHED = {"id", "created", "source", "notes", "hash", "version"}
_WITHOUT_HEALTHCHECK_SECONDS = 60.0
_SHORTEST_DEADLINE_SECONDS = 10.0
_BYTES = {"b": 1, "k": 2**10, "kb": 2**10, "m": 2**20, "mb": 2**20, "g": 2**30, "gb": 2**30}


def build(
    config: AppConfig, *, resolve: Callable[[str], str], source: Mapping[str, Any], created: str
) -> dict[str, Any]:
    """Render and pin; `resolve` turns an image with a tag into one with a digest.

    The hash covers everything that runs, so that the same version with another file, environment
    or image is another release.
    """
    rendered = render(config)
    images = _pin(rendered.slot, resolve)
    _pin(rendered.accessories, resolve)
    content = {
        "schema": SCHEMA,
        "app": config.app,
        "version": config.version,
        "images": images,
        "compose": compose_text(rendered.slot),
        "files": rendered.files,
        "volumes": rendered.volumes,
        "services": _services(config, rendered),
        "accessories": _accessories(config, rendered),
        "http": config.settings.http.model_dump() if config.settings.http else None,
        "rollout": config.rollout,
        "notes": [*config.notes, *rendered.notes],
    }
    hashed = {key: value for key, value in content.items() if key not in _NOT_HASHED}
    return {
        **content,
        "hash": _hash(hashed),
        "id": "",
        "created": created,
        "source": dict(source),
    }


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _pin(project: Mapping[str, Any], resolve: Callable[[str], str]) -> dict[str, str]:
    """Resolve each image once, and write the digest into the project."""
    services = project.get("services", {})
    pinned = {
        image: resolve(image) for image in sorted({one["image"] for one in services.values()})
    }
    for service in services.values():
        service["image"] = pinned[service["image"]]
    return {name: service["image"] for name, service in services.items()}


def _services(config: AppConfig, rendered: Rendered) -> list[dict[str, Any]]:
    problems = Problems(config.file)
    ports = ServiceRenderer(config, files=None, containers={}, problems=problems)  # type: ignore[arg-type]
    described = [
        {
            "name": name,
            "class": config.classes[name],
            "replicas": len(containers),
            "containers": containers,
            "port": ports.port_of(name) if config.classes[name] == "web" else None,
            **_timing(config.compose["services"][name], f"services/{name}", problems),
            "start_first": True,
        }
        for name, containers in rendered.containers.items()
    ]
    problems.end()
    return described


def _timing(service: Mapping[str, Any], path: str, problems: Problems) -> dict[str, Any]:
    check = service.get("healthcheck") or {}
    has_check = bool(check) and not check.get("disable") and check.get("test") != ["NONE"]
    try:
        return {
            "has_healthcheck": has_check,
            "ready_deadline_seconds": _deadline(check)
            if has_check
            else _WITHOUT_HEALTHCHECK_SECONDS,
            "stop_grace_seconds": seconds(str(service.get("stop_grace_period", "10s"))),
            "memory_bytes": _memory(service),
        }
    except ValueError as error:
        problems.add(path, str(error))
        return {}


def _deadline(check: Mapping[str, Any]) -> float:
    """When Docker itself would call it unhealthy; its defaults are 30 s, 30 s, 3 and 0 s."""
    interval, timeout = (seconds(str(check.get(key, "30s"))) for key in ("interval", "timeout"))
    start = seconds(str(check.get("start_period", "0s")))
    allowed = start + int(check.get("retries", 3)) * (interval + timeout)
    return max(_SHORTEST_DEADLINE_SECONDS, allowed)


def _memory(service: Mapping[str, Any]) -> int | None:
    """What one container may take: its reservation, or else its limit."""
    resources = (service.get("deploy") or {}).get("resources") or {}
    for kind in ("reservations", "limits"):
        if (resources.get(kind) or {}).get("memory"):
            return _bytes(str(resources[kind]["memory"]))
    text = service.get("mem_reservation") or service.get("mem_limit")
    return _bytes(str(text)) if text else None


def _bytes(text: str) -> int:
    number = text.rstrip("bBkKmMgG")
    unit = text[len(number) :].lower() or "b"
    if unit not in _BYTES or not number.replace(".", "", 1).isdigit():
        raise ValueError(f"{text!r} is not a size like 512M")
    return int(float(number) * _BYTES[unit])


def _accessories(config: AppConfig, rendered: Rendered) -> dict[str, Any] | None:
    names = config.of_class("accessory")
    if not names:
        return None
    problems = Problems(config.file)
    ports = ServiceRenderer(config, files=None, containers={}, problems=problems)  # type: ignore[arg-type]
    services = [
        {"name": name, "hosts": _hosts_of(config, name, problems), "port": ports.port_of(name)}
        for name in names
    ]
    problems.end()
    text = compose_text(rendered.accessories)
    return {"compose": text, "hash": _hash(text), "services": services}


def _hosts_of(config: AppConfig, name: str, problems: Problems) -> list[str]:
    told = config.settings.services[name].hosts
    hosts = [told] if isinstance(told, str) else list(told or [])
    path = f"x-rollway/services/{name}/hosts"
    known = sorted(config.hosts)
    if not hosts and len(known) == 1:
        return known
    if not hosts:
        problems.add(
            path, "it is missing, and there are several app hosts", accepted=", ".join(known)
        )
    for host in hosts:
        if host not in config.hosts:
            problems.add(path, f"{host} is no app host", accepted=", ".join(known))
    return hosts
