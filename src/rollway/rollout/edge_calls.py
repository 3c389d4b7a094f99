"""Which call each step means on an edge: which servers are to get requests, which are not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rollway.rollout.calls import (
    EDGE_MODULE,
    HOST_ROOT,
    Call,
    backend_of,
    http_of,
    place_of,
)
from rollway.rollout.ledger import Ledger
from rollway.rollout.plan import ROLLING, Plan
from rollway.rollout.servers import desired_servers, servers_of

PROBE_SECONDS = 5
LOOKS_A_WAVE = 2  # its bake, and the time until the next step


def read_call(app: str) -> Call:
    """Ask an edge what its servers do, and change nothing."""
    return Call(EDGE_MODULE, {"app": app, "step": "read"})


def load_call(plan: Plan, *, edge: str) -> Call:
    """Let an edge know every server before traffic moves, while the app hosts stage."""
    serving = {name: host.serving for name, host in plan.hosts.items()}
    servers = _all_servers(plan, serving, edge=edge)
    common = {**_edge_common(plan, plan.release, edge), **_compared(plan)}
    return Call(EDGE_MODULE, {**common, "step": "load", "servers": servers})


def shift_call(plan: Plan, ledger: Ledger, wave: int, *, edge: str) -> Call:
    """Move one wave's traffic; with the last wave, hosts that failed leave rotation."""
    shifting = [host for host in plan.waves[wave] if host not in ledger.failed_hosts]
    serving = serving_after(plan, ledger, wave)
    new_slots = {name: plan.hosts[name].new_slot for name in shifting}
    probed = servers_of([plan.hosts[name] for name in shifting], new_slots)
    return Call(
        EDGE_MODULE,
        {
            **_edge_common(plan, plan.release, edge),
            "servers": _all_servers(plan, serving, edge=edge),
            "probe": probed,
            "probe_seconds": PROBE_SECONDS,
            "observe_seconds": _watch_seconds(plan, wave, edge=edge),
            **_watched(plan, ledger, wave, edge=edge),
        },
    )


def watch_call(plan: Plan, *, edge: str) -> Call:
    """Look at what has moved for the last time: from then on the edge moves nothing by itself."""
    common = {**_edge_common(plan, plan.release, edge), "step": "watch"}
    return Call(EDGE_MODULE, {**common, **_compared(plan)})


def _watched(
    plan: Plan, ledger: Ledger, wave: int, *, edge: str, leaving: Collection[str] = ()
) -> dict[str, Any]:
    """What the edge looks at by itself after a step, while the run has other work, and undoes.

    Before the first wave nothing has moved; hosts that are `leaving` are about to stop.
    """
    watched = _compared(plan)
    is_last = wave == len(plan.waves) - 1 and not plan.works_after_traffic
    if not watched or is_last or wave < 0:
        return watched
    return {**watched, "back": _servers_before(plan, ledger, wave, edge=edge, leaving=leaving)}


def _servers_before(
    plan: Plan, ledger: Ledger, wave: int, *, edge: str, leaving: Collection[str]
) -> list[dict[str, Any]]:
    """The servers as they were, but on hosts whose old slot stands still; none where all stays.

    A person decides what becomes of a release that is held, and a first one has nothing before it.
    """
    now = {**serving_after(plan, ledger, wave), **dict.fromkeys(leaving)}
    before = {
        name: now[name] if host.stops_first else host.slot_before
        for name, host in plan.hosts.items()
    }
    is_same = before == now or not any(before.values())
    return [] if plan.holds or is_same else _all_servers(plan, before, edge=edge)


def _compared(plan: Plan) -> dict[str, Any]:
    """The servers that run the release, moved already or not, and how often a run looks at them."""
    if plan.verb not in ROLLING:
        return {}
    hosts = list(plan.hosts.values())
    servers = servers_of(hosts, {host.name: host.new_slot for host in hosts})
    looks = LOOKS_A_WAVE * len(plan.waves) * len(plan.edges)
    return {"release_servers": servers, "looks": max(1, looks)}


def _watch_seconds(plan: Plan, wave: int, *, edge: str) -> float:
    """How long a wave is watched: its bake, and on the last edge the pause before the next one."""
    if plan.verb not in ROLLING:
        return 0.0
    rollout = plan.release.get("rollout", {})
    has_next = wave < len(plan.waves) - 1 and edge == max(plan.edges)
    pause = rollout.get("pause_seconds", 0) if has_next else 0
    return float(rollout.get("bake_seconds", 0) + pause)


def unshift_call(plan: Plan, *, edge: str) -> Call:
    """Put every host back on the slot that served before the run."""
    return _back(plan, {name: host.slot_before for name, host in plan.hosts.items()}, edge=edge)


def restore_call(plan: Plan, *, edge: str) -> Call:
    """Put every host on the slot that is recorded, before anything starts."""
    return _back(plan, {name: host.serving for name, host in plan.hosts.items()}, edge=edge)


def readmit_call(plan: Plan, ledger: Ledger, *, edge: str) -> Call:
    """While a person decides, hosts whose old slot came back serve as before."""
    serving = {name: host.slot_before for name, host in plan.hosts.items()}
    for name in plan.wave_hosts:
        if name in ledger.moved:
            serving[name] = plan.hosts[name].new_slot
        elif plan.hosts[name].stops_first and name in ledger.started:
            serving[name] = None  # it runs the release, which nobody has judged there
        elif plan.hosts[name].stops_first and plan.hosts[name].action == "shift":
            serving[name] = plan.hosts[name].serving  # as an earlier run left it
    return _back(plan, serving, edge=edge)


def drain_call(plan: Plan, ledger: Ledger, wave: int, *, edge: str) -> Call:
    """Send no more requests to the hosts of a wave that stop first, until they have started."""
    leaving = dict.fromkeys(plan.stopping(plan.waves[wave]))
    serving = {**serving_after(plan, ledger, wave - 1), **leaving}
    servers = _all_servers(plan, serving, edge=edge)
    watched = _watched(plan, ledger, wave - 1, edge=edge, leaving=leaving)
    common = _edge_common(plan, plan.release, edge)
    return Call(EDGE_MODULE, {**common, "servers": servers, **watched})


def retreat_call(plan: Plan, ledger: Ledger, wave: int, *, edge: str) -> Call:
    """Send no more requests to the hosts of a wave that come back, the last waves before it.

    Hosts that started beside the old release go back at once; those of earlier waves that stopped
    first serve on until it is their turn.
    """
    serving = {name: host.slot_before for name, host in plan.hosts.items()}
    for number, names in enumerate(plan.waves[: wave + 1]):
        for name in names_to_undo(plan, ledger, names):
            stays = number < wave and name in ledger.moved
            serving[name] = plan.hosts[name].new_slot if stays else None
    return _back(plan, serving, edge=edge)


def names_to_undo(plan: Plan, ledger: Ledger, wave: list[str]) -> list[str]:
    """The hosts of a wave whose old slot stands still, by this run or by one before it."""
    hosts = [plan.hosts[name] for name in plan.returning(wave)]
    return [
        one.name for one in hosts if one.name in ledger.tried or one.serving is None or one.is_ahead
    ]


def _back(plan: Plan, serving: Mapping[str, str | None], *, edge: str) -> Call:
    common = _edge_common(plan, plan.previous or plan.release, edge)
    servers = _all_servers(plan, serving, edge=edge)
    return Call(EDGE_MODULE, {**common, "servers": servers})


def settle_call(plan: Plan) -> Call:
    """Wait until no worker of an earlier reload is left, which might still use an old slot."""
    drain = http_of(plan.release).get("drain_seconds", 30)
    arguments = {"app": plan.app, "step": "settle", "run_id": plan.run["id"]}
    return Call(EDGE_MODULE, {**arguments, "deadline_seconds": drain + 15})


def serving_after(plan: Plan, ledger: Ledger, wave: int) -> dict[str, str | None]:
    """The slot that serves on each host once this wave has moved."""
    moved = {name for earlier in plan.waves[: wave + 1] for name in earlier}
    serving: dict[str, str | None] = {}
    for name, host in plan.hosts.items():
        is_last = wave == len(plan.waves) - 1
        if name in ledger.failed_hosts:
            serving[name] = None if is_last else host.serving
        else:
            serving[name] = host.new_slot if name in moved else host.serving
    return serving


def _edge_common(plan: Plan, release: Mapping[str, Any], edge: str) -> dict[str, Any]:
    return {
        "app": plan.app,
        "step": "apply",
        "run_id": plan.run["id"],
        "run": plan.run,
        "generation": plan.generations[edge],
        "lock_root": place_of(plan, edge).get("root", HOST_ROOT),
        "backend": backend_of(release),
    }


def _all_servers(
    plan: Plan, serving: Mapping[str, str | None], *, edge: str
) -> list[dict[str, Any]]:
    return [*desired_servers(plan.hosts, serving), *plan.kept.get(edge, [])]
