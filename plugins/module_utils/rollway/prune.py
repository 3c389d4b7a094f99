"""What a host keeps beyond retention: releases, their images, and slots that were left standing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .call import Call
from .containers import project_containers
from .files import exclusive
from .lock import Alive, read_hold
from .names import SLOTS
from .problem import Problem
from .releases import (
    images_in_use,
    images_of,
    kept_releases,
    remove_release,
    surplus,
)
from .slot import remove_project
from .state import EMPTY, State, load_state
from .upkeep import refusal, upkeep

PRUNED, READ = "pruned", "read"
BLOCK_BYTES = 512  # the unit of st_blocks, whatever the file system's own is


@dataclass(frozen=True)
class Surplus:
    """What may go: releases, the images that only they name, and slots that nothing is in."""

    releases: tuple[str, ...]
    images: tuple[str, ...]
    slots: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.releases or self.images or self.slots)

    def to_json(self) -> dict[str, list[str]]:
        """Return it as plain data, for a module's result."""
        return {name: list(found) for name, found in vars(self).items()}


def prune(call: Call, *, retention: int, alive: Alive, only_looks: bool) -> dict[str, Any]:
    """Remove what is surplus, under the application's lock, and say how many bytes that freed.

    Only to look it says what would go, and how many bytes that may free at most: images share
    layers.
    """
    state = load_state(call.paths)
    found = surplus_of(call, state, retention=retention)
    refused = refusal(call, alive)
    if only_looks or call.check or found.is_empty:
        return {
            **_told(call, found, size=_bytes_of(call, found)),
            "outcome": READ,
            "would_refuse": refused.data if refused else None,
        }
    with upkeep(call, alive, outcome=PRUNED) as locked:
        found = surplus_of(call, locked, retention=retention)
        folders = _folder_bytes(call, found)
        before = call.tools.engine.layers_bytes()
        remove(call, locked, found)
        freed = max(0, before - call.tools.engine.layers_bytes())
    return {**_told(call, found, size=folders + freed), "outcome": PRUNED}


def surplus_of(call: Call, state: State, *, retention: int) -> Surplus:
    """Find what nothing needs: no slot, no rollback, no run that was interrupted, no hold."""
    hold = read_hold(call.paths) or {}
    staged = state.phase.release if state.phase else None
    keep = [one for one in (staged, hold.get("release"), hold.get("previous")) if one]
    gone = unmounted(call, surplus(call.paths, state, retention=retention, keep=keep))
    engine = call.tools.engine
    images = [one for one in images_only_of(call, gone) if engine.has_image(one)]
    return Surplus(tuple(gone), tuple(images), tuple(_left_slots(call, state)))


def unmounted(call: Call, releases: list[str]) -> list[str]:
    """Return those of the releases whose folder no container of this host mounts anything of.

    One that stands still counts, too: without its files it could never start again.
    """
    if not releases:
        return []
    listed = call.tools.engine.containers()
    sources = [str(one.get("Source") or "") for item in listed for one in item.get("Mounts") or ()]
    used = {Path(source) for source in sources if source}
    folders = {release: call.paths.release(release) for release in releases}
    return [
        release
        for release, folder in folders.items()
        if not any(folder == source or folder in source.parents for source in used)
    ]


def images_only_of(call: Call, gone: list[str]) -> list[str]:
    """Return the images that these releases name and no other release on the host does.

    None where a release of whatever application cannot be read: it may name any of them.
    """
    folders = {call.paths.release(release) for release in gone}
    named = images_of(folders)
    try:
        return sorted(named - images_in_use(call.paths.root, but=folders)) if named else []
    except Problem as problem:
        call.remarks.append(f"no image is removed: {problem}")
        return []


def remove_images(call: Call, gone: list[str], images: Iterable[str]) -> None:
    """Remove those of the images that still only these releases name.

    While it is found out and done no release of another application is written.
    """
    wanted = list(images)
    if not wanted:
        return
    with exclusive(call.paths.images_mutex):
        for image in [one for one in images_only_of(call, gone) if one in wanted]:
            call.fence()
            call.tools.engine.remove_image(image)


def remove(call: Call, state: State, found: Surplus) -> State:
    """Remove it, the record first: a release that is half gone is on no record."""
    if found.releases:
        releases = {key: one for key, one in state.releases.items() if key not in found.releases}
        state = call.save(replace(state, releases=releases))
    for slot in found.slots:
        remove_project(call, call.paths.project(slot))
    remove_images(call, list(found.releases), found.images)
    for release in found.releases:
        call.fence()
        remove_release(call.paths, release)
    return state


def _left_slots(call: Call, state: State) -> list[str]:
    """Slots on record as empty in which containers stand still; one that runs is `doctor`'s."""
    empty = [slot for slot in SLOTS if state.slots[slot].state == EMPTY]
    found = {
        slot: project_containers(call.tools.engine, call.paths.project(slot)) for slot in empty
    }
    return [
        slot for slot, seen in found.items() if seen and not any(one.is_running for one in seen)
    ]


def _told(call: Call, found: Surplus, *, size: int) -> dict[str, Any]:
    kept = set(kept_releases(call.paths)) - set(found.releases)
    return {**found.to_json(), "kept": sorted(kept), "bytes": size}


def _bytes_of(call: Call, found: Surplus) -> int:
    engine = call.tools.engine
    return _folder_bytes(call, found) + sum(engine.image_bytes(one) for one in found.images)


def _folder_bytes(call: Call, found: Surplus) -> int:
    return sum(folder_bytes(call.paths.release(release)) for release in found.releases)


def folder_bytes(folder: Path) -> int:
    """Return what the files below a folder take on the disk."""
    return sum(path.lstat().st_blocks * BLOCK_BYTES for path in folder.rglob("*"))
