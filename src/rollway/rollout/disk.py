"""What a host has to pull for a release, and the disk that it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.rollout.candidate import images_on
from rollway.rollout.fleet import HostView

MEBIBYTE = 1024**2
LEAST_BYTES = 256 * MEBIBYTE
"""What stays free: the files of releases, logs, and images whose size nobody knows."""
UNPACKED_FACTOR = 3.5
"""Disk per byte to pull: the download itself, and the two and a half times that it unpacks to."""


def pull_bytes(view: HostView, release: Mapping[str, Any]) -> int:
    """What the host has to pull, compressed, as far as sizes are known.

    It has the images that it says, and the layers of the releases in its slots: containers use
    them, so that nobody can have removed them.
    """
    known = release.get("layers") or {}
    missing = [image for image in images_on(release, view.name) if image not in view.images]
    wanted = {layer: size for image in missing for layer, size in known.get(image, {}).items()}
    here = _layers_here(view, known)
    return sum(size for layer, size in wanted.items() if layer not in here)


def needed_bytes(view: HostView, release: Mapping[str, Any]) -> int:
    """The disk that has to be free before anything is pulled."""
    return LEAST_BYTES + int(pull_bytes(view, release) * UNPACKED_FACTOR)


def _layers_here(view: HostView, known: Mapping[str, Mapping[str, int]]) -> set[str]:
    in_slots = [view.manifests.get(str(slot.release), {}) for slot in view.slots.values()]
    recorded = [layers for one in in_slots for layers in (one.get("layers") or {}).values()]
    asked = [known.get(image, {}) for image in view.images]
    return {layer for layers in (*recorded, *asked) for layer in layers}
