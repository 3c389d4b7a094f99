"""What the host has to know of a service's times and memory, from its own figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rollway.config.durations import seconds
from rollway.config.problems import Problems, shown
from rollway.config.sizes import is_count, size_bytes
from rollway.config.truths import is_true

WITHOUT_HEALTHCHECK_SECONDS = 60.0
SHORTEST_DEADLINE_SECONDS = 10.0
DEFAULT_GRACE_SECONDS = 10.0  # Docker's, as are the next four
_T = TypeVar("_T")
_INTERVAL, _TIMEOUT, _START_PERIOD, _RETRIES = "30s", "30s", "0s", 3


def timing(service: Mapping[str, Any], path: str, problems: Problems) -> dict[str, Any]:
    """The keys of a manifest's service that come from its health check, grace and limits."""
    has_check = has_healthcheck(service)
    return {
        "has_healthcheck": has_check,
        "ready_deadline_seconds": _deadline(service["healthcheck"], path, problems)
        if has_check
        else WITHOUT_HEALTHCHECK_SECONDS,
        "stop_grace_seconds": grace_seconds(service, path, problems),
        "memory_bytes": _memory(service, path, problems),
    }


def has_healthcheck(service: Mapping[str, Any]) -> bool:
    """Does the file give it a check? One that is only in the image is not known here."""
    check = service.get("healthcheck") or {}
    disabled = is_true(check.get("disable"))
    return bool(check) and not disabled and check.get("test") not in ("NONE", ["NONE"])


def grace_seconds(service: Mapping[str, Any], path: str, problems: Problems) -> float:
    """How long a container may take to end."""
    given = service.get("stop_grace_period")
    if given is None:
        return DEFAULT_GRACE_SECONDS
    return _read(seconds, given, f"{path}/stop_grace_period", problems) or 0.0


def _deadline(check: Mapping[str, Any], path: str, problems: Problems) -> float:
    """When Docker itself calls it unhealthy: start_period + retries * (interval + timeout)."""

    def of(key: str, default: str) -> float:
        given = default if check.get(key) is None else check[key]
        return _read(seconds, given, f"{path}/healthcheck/{key}", problems) or 0.0

    retries = _read(_count, check.get("retries"), f"{path}/healthcheck/retries", problems) or 0
    allowed = of("start_period", _START_PERIOD) + retries * (
        of("interval", _INTERVAL) + of("timeout", _TIMEOUT)
    )
    return max(SHORTEST_DEADLINE_SECONDS, allowed)


def _count(value: Any) -> int:
    if value is None:
        return _RETRIES
    if not is_count(str(value)):
        raise ValueError(f"{shown(value)} is not a whole number from 0")
    return int(value)


def _memory(service: Mapping[str, Any], path: str, problems: Problems) -> int | None:
    """What one container may take: its reservation, or else its limit."""
    resources = (service.get("deploy") or {}).get("resources") or {}
    candidates = [
        (f"deploy/resources/{kind}/memory", (resources.get(kind) or {}).get("memory"))
        for kind in ("reservations", "limits")
    ]
    candidates += [(key, service.get(key)) for key in ("mem_reservation", "mem_limit")]
    read = [
        _read(size_bytes, value, f"{path}/{key}", problems)
        for key, value in candidates
        if value is not None
    ]
    return read[0] if read else None


def _read(read: Callable[[Any], _T], value: Any, path: str, problems: Problems) -> _T | None:
    try:
        return read(value)
    except ValueError as error:
        problems.add(path, str(error))
        return None
