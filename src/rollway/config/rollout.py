"""How a release moves: `x-rollway.rollout`, filled up from the Compose file's `update_config`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rollway.config.durations import seconds
from rollway.config.model import XRollway
from rollway.config.problems import Problems


def resolve_rollout(
    settings: XRollway, services: Mapping[str, Any], problems: Problems, *, host_count: int
) -> tuple[dict[str, Any], list[str]]:
    """The rollout of the manifest, and notes where two places say different things."""
    told = settings.rollout.model_dump()
    from_compose = _update_config(settings, services, problems, host_count)
    notes = [
        f"x-rollway.rollout.{key} wins over deploy.update_config"
        for key, value in from_compose.items()
        if told.get(key) is not None and told[key] != value
    ]
    chosen = {key: value for key, value in told.items() if value is not None}
    return {**_DEFAULTS, **from_compose, **chosen}, notes


_DEFAULTS: dict[str, Any] = {
    "waves": [1],
    "max_failures": 0,
    "bake_seconds": 0.0,
    "pause_seconds": 0.0,
    "failure_action": "rollback",
    "order": "start-first",
}


def _update_config(
    settings: XRollway, services: Mapping[str, Any], problems: Problems, host_count: int
) -> dict[str, Any]:
    if not settings.http or settings.http.service not in services:
        return {}
    name = settings.http.service
    config = (services[name].get("deploy") or {}).get("update_config") or {}
    path = f"services/{name}/deploy/update_config"
    found: dict[str, Any] = {}
    if "parallelism" in config:
        found["waves"] = _waves(config["parallelism"], path, problems)
    for key, ours in (("monitor", "bake_seconds"), ("delay", "pause_seconds")):
        if key in config:
            found[ours] = _seconds(config[key], f"{path}/{key}", problems)
    if "max_failure_ratio" in config:
        found["max_failures"] = math.floor(float(config["max_failure_ratio"]) * host_count)
    for key in ("failure_action", "order"):
        _refuse_unless_ours(config.get(key), f"{path}/{key}", problems)
    return found


def _waves(parallelism: Any, path: str, problems: Problems) -> list[int | str]:
    """Compose's 0 means all at once."""
    if not isinstance(parallelism, int) or parallelism < 0:
        problems.add(f"{path}/parallelism", repr(parallelism), accepted="a number from 0")
        return [1]
    return [parallelism] if parallelism else ["100%"]


def _seconds(text: Any, path: str, problems: Problems) -> float:
    try:
        return seconds(str(text))
    except ValueError as error:
        problems.add(path, str(error))
        return 0.0


_NOT_YET = {"pause": "rollback", "continue": "rollback", "stop-first": "start-first"}


def _refuse_unless_ours(value: Any, path: str, problems: Problems) -> None:
    """What is not built must not be promised: these are other ways to carry on or to change."""
    if value in _NOT_YET:
        problems.add(path, f"{value} cannot be done yet", accepted=_NOT_YET[value])
