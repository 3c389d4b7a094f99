"""Whether a release fits on a host beside the one that serves, and how many hosts go on serving.

Pure. Memory is counted as it was promised: a reservation, or else a limit, for each container; a
service without either counts nothing. What the release that serves was promised and does not use
yet stays its own. GPUs have no such promise: as much has to be free as is used, since the other
release will use about that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollway.rollout.fleet import STOPPED, HostView, other_slot
from rollway.rollout.ledger import Ledger
from rollway.rollout.plan import Plan
from rollway.rollout.planned import START_FIRST, STOP_FIRST, HostPlan

MEBIBYTE = 1024**2
LEAST_SERVING = 1

Release = Mapping[str, Any]


def promised_bytes(release: Release) -> int:
    """What all containers of a release may take on one host."""
    services = release.get("services", [])
    return sum(int(one.get("memory_bytes") or 0) * int(one["replicas"]) for one in services)


def needed_bytes(release: Release, before: Release) -> int:
    """What comes up beside the old release; workers that change places stop first."""
    changing = {one["name"] for one in before.get("services", []) if one["class"] == "worker"}
    beside = [
        one
        for one in release.get("services", [])
        if one["class"] == "web" or one.get("start_first") or one["name"] not in changing
    ]
    return promised_bytes({"services": beside})


def order_on(
    view: HostView, release: Release, *, old_slot: str | None, is_running: bool
) -> tuple[str, str]:
    """How the release starts beside `old_slot` of a host, and why it is not beside the old one.

    Where it runs already nothing starts; the old one may stand still for it all the same.
    """
    before = view.slots[old_slot].release if old_slot else None
    if not old_slot or not before:
        return START_FIRST, ""
    if view.slots[old_slot].state == STOPPED:
        who = "a run at work has" if view.is_at_work else "a run that was interrupted had"
        return STOP_FIRST, f"{who} stopped {before} there"
    if is_running:
        return START_FIRST, ""
    if release.get("rollout", {}).get("order") == STOP_FIRST:
        return STOP_FIRST, "the application asks for it"
    short = lacks_memory(view, release) or lacks_gpu_memory(view, release)
    return (STOP_FIRST, short) if short else (START_FIRST, "")


def lacks_memory(view: HostView, release: Release) -> str:
    """Why both releases do not fit into the host's memory; nothing where they do.

    What stands in the slot that does not serve is stopped before anything starts there.
    """
    before = view.manifests.get(str(view.active_release), {})
    needed, left = needed_bytes(release, before), free_bytes(view, before)
    if not needed or left is None or needed <= left:
        return ""
    return f"{_mebibytes(needed)} are needed beside {view.active_release}, {_mebibytes(left)} left"


def free_bytes(view: HostView, serving: Release) -> int | None:
    """What a second release may take: none of what the one that serves is still promised."""
    available = view.facts.get("memory_available_bytes")
    if available is None:
        return None
    used = view.facts.get("memory_used_bytes") or {}
    unused = promised_bytes(serving) - int(used.get(view.active, 0))
    freed = int(used.get(other_slot(str(view.active)), 0))
    return max(0, int(available) + freed - max(0, unused))


def lacks_gpu_memory(view: HostView, release: Release) -> str:
    """Which of the GPUs that the release reserves is too full for both; nothing where none is."""
    for one in reserved_gpus(view, release):
        used, free = one.get("used_bytes") or 0, one.get("free_bytes")
        if used and (free is None or free < used):
            left = "unknown" if free is None else _mebibytes(free)
            return f"GPU {one['index']} has {_mebibytes(used)} in use, {left} free"
    return ""


def reserved_gpus(view: HostView, release: Release) -> list[Mapping[str, Any]]:
    """The GPUs of a host that the containers of a release get: the first ones, or those named."""
    known = list(view.facts.get("gpus") or [])
    names = {name for one in _gpus(release) for name in one["ids"]}
    count = _most_by_number(release, known=len(known))
    return [
        one
        for number, one in enumerate(known)
        if number < count or names & {one["index"], one["uuid"]}
    ]


def most_gpus(release: Release, *, known: int) -> int:
    """How many GPUs one container of the release asks for at most; `all` is at least one."""
    by_name = [len(one["ids"]) for one in _gpus(release)]
    return max([_most_by_number(release, known=known), *by_name])


def _most_by_number(release: Release, *, known: int) -> int:
    counts = [one["count"] for one in _gpus(release)]
    return max([max(1, known) if one == "all" else int(one) for one in counts], default=0)


def _gpus(release: Release) -> list[Mapping[str, Any]]:
    return [one["gpus"] for one in release.get("services", []) if one.get("gpus")]


def least_serving(rollout: Mapping[str, Any], *, host_count: int) -> int:
    """How many app hosts `min_serving` means; a percentage is rounded up."""
    wanted = rollout.get("min_serving", LEAST_SERVING)
    if isinstance(wanted, str):
        return math.ceil(host_count * int(wanted.rstrip("%")) / 100)
    return int(wanted)


def serving_while_out(
    waves: Sequence[Sequence[str]], hosts: Mapping[str, HostPlan], rotation: Iterable[str]
) -> list[set[str]]:
    """By wave, the hosts in rotation while those of the wave that stop first are out."""
    inside = set(rotation)
    found = []
    for wave in waves:
        found.append(inside - {name for name in wave if hosts[name].leaves_rotation})
        inside |= set(wave)
    return found


def too_few_left(plan: Plan, ledger: Ledger) -> str:
    """Why the next wave would take too many out, since hosts were lost on the way; or nothing."""
    wave, lost = ledger.shifted_waves, _lost(plan, ledger)
    is_over = wave >= len(plan.waves) or not plan.stopping(plan.waves[wave])
    if is_over or not plan.has_traffic or not lost:
        return ""
    left = serving_while_out(plan.waves, plan.hosts, plan.rotation)[wave] - lost
    if len(left) >= plan.min_serving:
        return ""
    found = f"wave {wave + 1} would leave {len(left)} hosts in rotation"
    return f"{found}, and min_serving is {plan.min_serving}"


def _lost(plan: Plan, ledger: Ledger) -> set[str]:
    """Hosts of this run that may serve nothing any more."""
    failures = ledger.failures
    return {one.host for one in failures if one.unreachable or plan.hosts[one.host].stops_first}


def _mebibytes(count: int) -> str:
    return f"{count / MEBIBYTE:.0f} MiB"
