"""How a release moves: `x-rollway.rollout`, filled up from the Compose file's `update_config`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from rollway.config.durations import seconds
from rollway.config.model import Rollout, XRollway
from rollway.config.parse import message_of
from rollway.config.problems import Problems, shown

DEFAULTS: dict[str, Any] = {
    "waves": [1],
    "max_failures": 0,
    "bake_seconds": 0.0,
    "pause_seconds": 0.0,
    "failure_action": "rollback",
    "order": "start-first",
}
ORDERS = ("start-first", "stop-first")


def resolve_rollout(
    settings: XRollway, services: Mapping[str, Any], problems: Problems, *, host_count: int
) -> tuple[dict[str, Any], list[str]]:
    """The rollout of the manifest, and notes where two places say different things."""
    told = settings.rollout.model_dump()
    _check_orders(services, problems)
    found = _from_compose(settings, services, problems, host_count)
    from_compose = {ours: value for ours, (_, value) in found.items()}
    notes = [
        f"x-rollway.rollout.{ours} {told[ours]} wins over deploy.update_config.{theirs} {value}"
        for ours, (theirs, value) in found.items()
        if told.get(ours) is not None and told[ours] != value
    ]
    chosen = {key: value for key, value in told.items() if value is not None}
    return {**DEFAULTS, **from_compose, **chosen}, [*notes, *_unused(settings, services)]


def update_config(service: Mapping[str, Any] | None) -> dict[str, Any]:
    """The service's `deploy.update_config`, empty when there is none."""
    deploy = (service or {}).get("deploy") or {}
    return dict(deploy.get("update_config") or {})


def _from_compose(
    settings: XRollway, services: Mapping[str, Any], problems: Problems, host_count: int
) -> dict[str, tuple[str, Any]]:
    """Our key → Compose's key and the value it means, of the `http` service."""
    if not settings.http:
        return {}
    name = settings.http.service
    config = update_config(services.get(name))
    path = f"services/{name}/deploy/update_config"
    found = {}
    for theirs, (ours, read) in _readers(host_count).items():
        if (given := config.get(theirs)) is not None:
            value = _read(read, given, f"{path}/{theirs}", problems)
            found[ours] = (theirs, value)
            if theirs != "order":  # every service's is checked already
                _check_limits({ours: value}, given, f"{path}/{theirs}", problems)
    return found


def _readers(host_count: int) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    return {
        "parallelism": ("waves", _waves),
        "failure_action": ("failure_action", _as_it_is),
        "order": ("order", _as_it_is),
        "monitor": ("bake_seconds", seconds),
        "delay": ("pause_seconds", seconds),
        "max_failure_ratio": ("max_failures", lambda value: _failures(value, host_count)),
    }


def _read(read: Callable[[Any], Any], value: Any, path: str, problems: Problems) -> Any:
    try:
        return read(value)
    except ValueError as error:
        problems.add(path, str(error))
        return None


def _as_it_is(value: Any) -> Any:
    return value


def _check_limits(read: Mapping[str, Any], given: Any, path: str, problems: Problems) -> None:
    """Compose's key may say no more than ours: `read` is ours, and what was given means there."""
    try:
        Rollout.model_validate(read)
    except ValidationError as error:
        found = f"{shown(given)}: {message_of(error.errors()[0])}"
        problems.add(path, found, accepted=f"what x-rollway.rollout.{', '.join(read)} takes")


def _waves(value: Any) -> list[int | str]:
    """Compose's 0 means all at once."""
    parallelism = float(value)
    if parallelism < 0 or not parallelism.is_integer():
        raise ValueError(f"{shown(value)} is not a whole number from 0")
    return [int(parallelism)] if parallelism else ["100%"]


def _failures(value: Any, host_count: int) -> int:
    ratio = float(value)
    if not 0 <= ratio <= 1:
        raise ValueError(f"{shown(value)} is not a number from 0 to 1")
    return math.floor(ratio * host_count)


def _check_orders(services: Mapping[str, Any], problems: Problems) -> None:
    for name, service in services.items():
        order = update_config(service).get("order", "start-first")
        if order not in ORDERS:
            path = f"services/{name}/deploy/update_config/order"
            problems.add(path, f"{shown(order)} is not possible", accepted=" or ".join(ORDERS))


def _unused(settings: XRollway, services: Mapping[str, Any]) -> list[str]:
    """What people wrote and nothing will act on."""
    main = settings.http.service if settings.http else None
    notes = []
    for name, service in services.items():
        ignored = sorted(set(update_config(service)) - {"order"})
        if name != main and ignored:
            found = f"services/{name}/deploy/update_config: {', '.join(ignored)}"
            notes.append(f"{found} counts for x-rollway.http.service only")
    return notes
