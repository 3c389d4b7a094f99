"""What is to be done to the accessories of a host, and why: decided before anything is touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .call import Call
from .containers import EVERYWHERE, SERVICE_LABEL, published_at
from .definition import Definition, definitions
from .engine import Json
from .manifest import Manifest
from .names import ACCESSORIES
from .place import Place
from .problem import Problem
from .releases import load_manifest
from .state import State

NEW, STANDS_STILL, UNSURE, ADDRESS = "new", "does not run", "a run left it half made", "address"


@dataclass(frozen=True)
class Work:
    """Why each accessory that is to come up does; nothing of those that run as they are to.

    `anew` are those whose container is replaced, `before` the release that they were made by.
    """

    changes: Mapping[str, list[str]]
    before: Manifest | None
    anew: frozenset[str]

    @classmethod
    def of(cls, call: Call, state: State, manifest: Manifest, place: Place) -> Work:
        """Compare what a release wants here with what the record and the engine have."""
        wanted = manifest.accessories
        services = wanted.on(place.host) if wanted else []
        before = _recorded(call, state)
        changes = definition_changes(state, before, manifest, services)
        seen = _seen(call)
        found = {name: [*changes.get(name, []), *_why(seen, name, place)] for name in services}
        anew = {name for name, why in found.items() if name in seen and {*why} - {STANDS_STILL}}
        return cls({name: why for name, why in found.items() if why}, before, frozenset(anew))

    @property
    def is_needed(self) -> bool:
        """Whether anything comes up."""
        return bool(self.changes)

    @property
    def services(self) -> list[str]:
        """All that come up."""
        return list(self.changes)

    @property
    def others(self) -> list[str]:
        """Those that come up without being replaced."""
        return [name for name in self.changes if name not in self.anew]

    def remarks(self, project: str) -> list[str]:
        """Return a sentence for each that is replaced."""
        return [
            f"{project}/{name} is made anew: {', '.join(self.changes[name])}"
            for name in sorted(self.anew)
        ]


def definition_changes(
    state: State, before: Manifest | None, manifest: Manifest, services: list[str]
) -> dict[str, list[str]]:
    """Return, for accessories that a release defines otherwise than the record, what differs.

    One of a release that is not kept any more is made anew once: nobody knows what differs.
    """
    if manifest.accessories is None:
        return {}
    unsure = {name: [UNSURE] for name in services if name in state.accessories_unsure}
    if state.accessories_hash == manifest.accessories.hash:
        return unsure
    old, new = definitions(before), definitions(manifest)
    found = {name: _changes(new[name], old.get(name)) for name in services}
    return {**{name: why for name, why in found.items() if why}, **unsure}


def _changes(new: Definition, old: Definition | None) -> list[str]:
    """Return what differs; all of a text that nobody could read in parts."""
    if old is None:
        return [NEW]
    return new.changes(old) if new.image else ["definition"]


def planned_changes(call: Call, state: State, manifest: Manifest, place: Place) -> dict[str, Any]:
    """Return what a release would do to accessories here: service → why, and whether anew."""
    work = Work.of(call, state, manifest, place)
    return {
        name: {"why": why, "anew": name in work.anew} for name, why in sorted(work.changes.items())
    }


def _recorded(call: Call, state: State) -> Manifest | None:
    if state.accessories_release is None:
        return None
    try:
        return load_manifest(call.paths, state.accessories_release)
    except Problem:
        return None


def _seen(call: Call) -> dict[str, Json]:
    """The accessories' containers as the engine has them, by service."""
    engine = call.tools.engine
    found = (
        engine.inspect(item["Id"]) for item in engine.containers(call.paths.project(ACCESSORIES))
    )
    return {
        str((one["Config"].get("Labels") or {}).get(SERVICE_LABEL)): one for one in found if one
    }


def _why(seen: Mapping[str, Json], name: str, place: Place) -> list[str]:
    """What of a container itself speaks for bringing it up."""
    found = seen.get(name)
    if found is None:
        return [STANDS_STILL]
    known = {*EVERYWHERE, place.address}
    why = [ADDRESS] if place.address and published_at(found) - known else []
    return why if found["State"]["Status"] == "running" else [*why, STANDS_STILL]
