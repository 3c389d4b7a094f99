"""Containers as the engine has them, to be compared with what a record says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .call import Call
from .containers import SERVICE_LABEL, published_at
from .engine import Json

APP_LABEL, KIND_LABEL = "io.rollway.app", "io.rollway.service"
RELEASE_LABEL, SLOT_LABEL = "io.rollway.release", "io.rollway.slot"


@dataclass(frozen=True)
class Seen:
    """A container as the engine has it."""

    name: str
    service: str
    kind: str
    state: str
    image: str
    image_id: str
    release: str
    slot: str
    environment: Mapping[str, str]
    networks: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @classmethod
    def from_inspect(cls, found: Json) -> Seen:
        """Return the container in the engine's answer to `inspect`."""
        config = found["Config"]
        labels = config.get("Labels") or {}
        pairs = (one.partition("=") for one in config.get("Env") or ())
        return cls(
            name=found["Name"].lstrip("/"),
            service=labels.get(SERVICE_LABEL, ""),
            kind=labels.get(KIND_LABEL, ""),
            state=found["State"]["Status"],
            image=str(config.get("Image") or ""),
            image_id=str(found.get("Image") or ""),
            release=labels.get(RELEASE_LABEL, ""),
            slot=labels.get(SLOT_LABEL, ""),
            environment={name: value for name, _, value in pairs},
            networks=frozenset((found.get("NetworkSettings") or {}).get("Networks") or ()),
            addresses=frozenset(published_at(found)),
        )


def seen_in(call: Call, key: str) -> list[Seen]:
    """Return the containers of a slot, of the accessories or the jobs, by name."""
    engine = call.tools.engine
    listed = engine.containers(call.paths.project(key))
    found = (engine.inspect(item["Id"]) for item in listed)
    return sorted((Seen.from_inspect(one) for one in found if one), key=lambda one: one.name)
