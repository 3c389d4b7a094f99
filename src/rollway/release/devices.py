"""The GPUs that a service reserves: `deploy.resources.reservations.devices`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.config.problems import Problems, shown
from rollway.config.sizes import is_count

ALL = "all"
_DRIVERS = (None, "", "nvidia")


def gpus(service: Mapping[str, Any], path: str, problems: Problems) -> dict[str, Any]:
    """`{"gpus": {"count": 1, "ids": []}}` for a manifest's service, and nothing where it has none.

    `count` is a number or `all`, as Docker counts: each container gets the first ones of a host.
    Entries of other drivers and capabilities are left to Docker.
    """
    where = f"{path}/deploy/resources/reservations/devices"
    resources = (service.get("deploy") or {}).get("resources") or {}
    devices = (resources.get("reservations") or {}).get("devices") or []
    found = [one for one in devices if _is_gpu(one)]
    if not found:
        return {}
    counts = [_count(one, where, problems) for one in found]
    ids = {str(name) for one in found for name in one.get("device_ids") or ()}
    count = ALL if ALL in counts else max(one for one in counts if isinstance(one, int))
    return {"gpus": {"count": count, "ids": sorted(ids)}}


def _is_gpu(device: Any) -> bool:
    return (
        isinstance(device, Mapping)
        and "gpu" in (device.get("capabilities") or ())
        and device.get("driver") in _DRIVERS
    )


def _count(device: Mapping[str, Any], where: str, problems: Problems) -> int | str:
    """Without a count it is all of them, unless ids are named: so Compose has it."""
    given = device.get("count")
    if device.get("device_ids"):
        return 0
    if given is None or str(given) in {ALL, "-1"}:
        return ALL
    if is_count(str(given)):
        return int(str(given))
    problems.add(f"{where}/count", shown(given), accepted="a number of GPUs, or all")
    return 0
