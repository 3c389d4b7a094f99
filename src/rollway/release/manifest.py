"""The manifest of a release: immutable, and the same for every host and slot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from rollway.config.load import AppConfig
from rollway.release.accessories import written
from rollway.release.render import Rendered, render
from rollway.release.render_service import LABEL
from rollway.release.text import compose_text

SCHEMA = 1
NOT_HASHED = {"id", "created", "source", "notes", "hash", "version", "layers", "scaled"}


def build(
    config: AppConfig, *, resolve: Callable[[str], str], source: Mapping[str, Any], created: str
) -> dict[str, Any]:
    """Render and pin; `resolve` turns an image with a tag into one with a digest, or returns it.

    The hash covers everything that runs, so that the same version with another file, environment
    or image is another release. RollwayError lists what cannot be carried over.
    """
    rendered = render(config)
    pinned = _pin_all(rendered, resolve)
    images = _pinned(rendered.slot, pinned)
    content = {
        "schema": SCHEMA,
        "app": config.app,
        "version": config.version,
        "images": images,
        "compose": compose_text(rendered.slot),
        "files": rendered.files,
        "volumes": rendered.volumes,
        "services": rendered.services,
        "accessories": _accessories(rendered, pinned),
        **({"jobs": rendered.jobs} if rendered.jobs else {}),
        "http": config.settings.http.model_dump() if config.settings.http else None,
        "rollout": config.rollout,
        "notes": [*config.notes, *rendered.notes, *_loose(pinned)],
    }
    return {
        **content,
        "hash": _hash({key: value for key, value in content.items() if key not in NOT_HASHED}),
        "id": "",
        "created": created,
        "source": dict(source),
    }


def _pin_all(rendered: Rendered, resolve: Callable[[str], str]) -> dict[str, str]:
    """Image as written → image as pinned; each is resolved once for the whole fleet."""
    projects = (rendered.slot, rendered.accessories)
    written = {one["image"] for part in projects for one in part.get("services", {}).values()}
    return {image: resolve(image) for image in sorted(written)}


def _pinned(project: Mapping[str, Any], pinned: Mapping[str, str]) -> dict[str, str]:
    """Write the digests into a project and say which service has which."""
    services = project.get("services", {}).values()
    for service in services:
        service["image"] = pinned[service["image"]]
    return {one["labels"][f"{LABEL}.service"]: one["image"] for one in services}


def _loose(pinned: Mapping[str, str]) -> list[str]:
    """A tag may move: then hosts, or two runs, have different images under one name."""
    return [
        f"image {image}: it has no digest, so hosts may get different ones; write {image}@sha256:…"
        for image in pinned.values()
        if "@sha256:" not in image
    ]


def _accessories(rendered: Rendered, pinned: Mapping[str, str]) -> dict[str, Any] | None:
    """Their own hash says when they are touched: text and files, whatever the release."""
    if not rendered.accessories:
        return None
    images = _pinned(rendered.accessories, pinned)
    text = compose_text(rendered.accessories)
    return {
        "compose": text,
        "hash": _hash([text, rendered.accessory_files]),
        "images": images,
        "services": rendered.accessory_services,
        "data": written(rendered.accessories),
    }


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
