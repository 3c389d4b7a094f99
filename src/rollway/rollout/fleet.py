"""What `acquire` said about the fleet, read into frozen objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollway.rollout.holder import is_at_work
from rollway.rollout.journal import Event

SLOTS = ("blue", "green")
STOPPED = "stopped"
"""A slot whose release was stopped to make room for another."""


@dataclass(frozen=True)
class SlotView:
    """One slot of a host: which release it holds and whether it runs.

    `is_whole` is false where a web container that its release names does not run.
    """

    release: str | None = None
    version: str | None = None
    state: str = "empty"
    is_whole: bool = True

    @property
    def is_running(self) -> bool:
        return self.is_whole and self.state in {"running", "warm"}


@dataclass(frozen=True)
class HostView:
    """An app host as its own records show it; `ports` is service → slot → port per replica.

    `images` are those that it has of the ones it was asked for. `scaled` is, by release of a slot,
    what a scale makes of it. `interrupted` is the release of a
    run that never came to its end, which `interrupted_run` names; one that only moved traffic has
    none on record. `is_at_work`: that run has its lock still.
    `singletons` are the services of which the fleet has one, and this host may run.
    """

    name: str
    generation: int = 0
    active: str | None = None
    slots: Mapping[str, SlotView] = field(default_factory=dict)
    releases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    manifests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ports: Mapping[str, Mapping[str, list[int]]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    images: frozenset[str] = frozenset()
    scaled: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    last_release: str | None = None
    interrupted: str | None = None
    interrupted_run: str | None = None
    is_at_work: bool = False
    singletons: tuple[str, ...] = ()

    @property
    def active_release(self) -> str | None:
        return self.slots[self.active].release if self.active else None

    @property
    def served_release(self) -> str | None:
        """The release on record; where a run stopped it first and started another, that before."""
        if self._stopped_beside and self.active:
            return self.slots[other_slot(self.active)].release
        return self.active_release

    def serving_slot(self, ready: str | None) -> str | None:
        """The slot on record, unless a run that was interrupted left it stopped.

        Nor where that run let the edges go of the host for it: `ready` is the slot they use.
        """
        is_stopped = self.active is not None and self.slots[self.active].state == STOPPED
        is_out = self._stopped_beside and ready != self.active
        return None if is_stopped or is_out else self.active

    @property
    def _stopped_beside(self) -> bool:
        """Whether the slot on record took the place of one that was stopped first."""
        return self.active is not None and self.slots[other_slot(self.active)].state == STOPPED

    def slot_to_return_to(self, release: str) -> str | None:
        """The slot that a run which brings this release has to leave as it finds it.

        That is the slot on record. Where a run that was interrupted stopped it first and started
        another, nobody has judged what is on record: then it is the one that stands still, unless
        that holds the release itself.
        """
        if not self._stopped_beside or not self.active:
            return self.active
        before = other_slot(self.active)
        return self.active if self.slots[before].release == release else before

    def slot_running(self, release: str) -> str | None:
        """The slot that runs this release already: the active one where both do.

        None where the release is gone from the host's disk: what runs could not start again.
        """
        if release not in self.manifests and self.releases.get(release):
            return None
        found = [
            name for name, slot in self.slots.items() if slot.release == release and slot.is_running
        ]
        return self.active if self.active in found else next(iter(found), None)


def other_slot(slot: str) -> str:
    """The slot beside this one."""
    return SLOTS[1] if slot == SLOTS[0] else SLOTS[0]


def host_view(event: Event) -> HostView:
    """Read the result of one host's `acquire`."""
    result = event.result
    state = result.get("state") or {}
    slots = state.get("slots") or {}
    return HostView(
        name=event.host,
        generation=result.get("generation", 0),
        active=state.get("active"),
        slots={name: _slot_view(slots.get(name) or {}, name, result) for name in SLOTS},
        releases=state.get("releases") or {},
        manifests=result.get("manifests") or {},
        ports=result.get("ports") or {},
        facts=result.get("facts") or {},
        images=frozenset(result.get("images_present") or ()),
        scaled=result.get("scaled") or {},
        last_release=state.get("last_release"),
        interrupted=(state.get("phase") or {}).get("release"),
        interrupted_run=(state.get("phase") or {}).get("run"),
        is_at_work=is_at_work(event),
        singletons=tuple(state.get("singletons") or ()),
    )


def _slot_view(slot: Mapping[str, Any], name: str, result: Mapping[str, Any]) -> SlotView:
    return SlotView(
        slot.get("release"),
        slot.get("version"),
        slot.get("state") or "empty",
        is_whole=_is_whole(slot.get("release"), name, result),
    )


def _is_whole(release: str | None, name: str, result: Mapping[str, Any]) -> bool:
    """Whether a slot that is warm can still serve; of the serving one that is the edge's matter."""
    found = (result.get("containers") or {}).get(name)
    if found is None or name == (result.get("state") or {}).get("active"):
        return True
    running = {one["service"] for one in found if one.get("state") == "running"}
    services = ((result.get("manifests") or {}).get(str(release)) or {}).get("services") or []
    wanted = [one.get("containers") or [] for one in services if one["class"] == "web"]
    return all(running.issuperset(containers) for containers in wanted)
