"""Applications in a temporary folder, loaded and built as a deploy would."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from rollway.config.load import AppConfig, load_app
from rollway.release import manifest

REGISTRY = "10.77.0.5:5000"
HOSTS = {"app-1": "10.77.0.11", "app-2": "10.77.0.12"}
DIGEST = "sha256:" + "a" * 64


def api(**keys: Any) -> dict[str, Any]:
    """A released service with these keys."""
    return {"image": "${REGISTRY}/iris:${ROLLWAY_VERSION:-dev}", **keys}


def compose(**top: Any) -> dict[str, Any]:
    """A file with the web service `api`; `services` and `x_rollway` may be told."""
    settings = {"http": {"service": "api", "port": 8000}, **top.pop("x_rollway", {})}
    return {"services": {"api": api(), **top.pop("services", {})}, "x-rollway": settings, **top}


def load(
    folder: Path,
    content: Mapping[str, Any] | str,
    *,
    variables: Mapping[str, str] | None = None,
    hosts: Mapping[str, str] | None = None,
    groups: Mapping[str, list[str]] | None = None,
) -> AppConfig:
    """Write the file as the app `iris` and load it; the folder may hold more files of it."""
    app_dir = folder / "iris"
    app_dir.mkdir(exist_ok=True)
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
    (app_dir / "compose.yml").write_text(text)
    return load_app(
        folder,
        "iris",
        variables=variables or {},
        version="1.0",
        registry=REGISTRY,
        app_hosts=HOSTS if hosts is None else hosts,
        groups=groups,
    )


def build(
    folder: Path,
    content: Mapping[str, Any] | str,
    *,
    resolve: Callable[[str], str] = lambda image: f"{image.partition('@')[0]}@{DIGEST}",
    **options: Any,
) -> dict[str, Any]:
    """The manifest of that file."""
    config = load(folder, content, **options)
    return manifest.build(config, resolve=resolve, source={}, created="2026-01-01T00:00:00Z")


def rendered(folder: Path, content: Mapping[str, Any] | str, **options: Any) -> dict[str, Any]:
    """The project of a slot, parsed."""
    project: dict[str, Any] = yaml.safe_load(build(folder, content, **options)["compose"])
    return project


def write(folder: Path, name: str, content: str = "content\n", *, mode: int = 0o644) -> Path:
    """A file of the app."""
    path = folder / "iris" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    return path
