"""Volumes that both slots and the accessories share: external to every Compose project."""

from __future__ import annotations

from .call import Call
from .manifest import Manifest


def make_volumes(call: Call, manifest: Manifest) -> None:
    """Make those that are not there yet; Compose refuses to start without them."""
    for volume in manifest.volumes:
        call.fence()
        call.tools.engine.ensure_volume(volume, {"io.rollway.app": call.paths.app})
