"""Decides what becomes of one host in a run: which slot the release gets, and what moves. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.rollout.capacity import order_on
from rollway.rollout.fleet import SLOTS, HostView, other_slot
from rollway.rollout.journal import Event
from rollway.rollout.plan import RESTART
from rollway.rollout.planned import HostPlan
from rollway.rollout.readings import all_serve
from rollway.rollout.releases import web_replicas
from rollway.rollout.request import Request


def plan_host(
    view: HostView,
    release: Mapping[str, Any],
    request: Request,
    acquired: Mapping[str, Event],
    *,
    serving: str | None,
) -> HostPlan:
    """Decide the slots of a host; `serving` is the one that every edge sends its requests to."""
    is_anew = request.verb == RESTART and not request.service
    running = None if is_anew else view.slot_running(str(release["id"]))
    is_behind_edges = not release.get("http") or (
        running is not None and all_serve(acquired, request.edges, view.name, running)
    )
    old_slot = view.slot_to_return_to(str(release["id"]))
    new_slot = running or (other_slot(old_slot) if old_slot else SLOTS[0])
    order, why = order_on(view, release, old_slot=old_slot, is_running=running is not None)
    return HostPlan(
        name=view.name,
        address=request.addresses[view.name],
        generation=view.generation,
        action=_action(running, is_behind_edges=is_behind_edges and running == old_slot),
        new_slot=new_slot,
        old_slot=old_slot,
        old_release=view.slots[old_slot].release if old_slot else None,
        serving=serving if serving == new_slot and running else view.serving_slot(serving),
        ports=_web_ports(view, release),
        replicas=_replicas(view, release, new_slot=new_slot, old_slot=old_slot),
        order=order,
        why=why,
    )


def _action(running: str | None, *, is_behind_edges: bool) -> str:
    """A host that has the release keeps it; an edge that does not send requests there is told."""
    if running is None:
        return "start"
    return "none" if is_behind_edges else "shift"


def _web_ports(view: HostView, release: Mapping[str, Any]) -> dict[str, list[int]]:
    """The reserved ports of the service behind the edge, by slot."""
    http = release.get("http")
    if not http:
        return {}
    by_slot = view.ports.get(http["service"], {})
    return {slot: list(ports) for slot, ports in by_slot.items()}


def _replicas(
    view: HostView, release: Mapping[str, Any], *, new_slot: str, old_slot: str | None
) -> dict[str, int]:
    """How many containers answer behind the edge, by slot."""
    counts = {new_slot: web_replicas(release)}
    if old_slot and old_slot != new_slot:
        before = view.manifests.get(str(view.slots[old_slot].release), {})
        counts[old_slot] = web_replicas(before)
    return counts
