"""An application as it was written: read, interpolated, validated, its services classified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway import names
from rollway.config.classify import classify
from rollway.config.compose_file import interpolate_all, read_compose
from rollway.config.model import XRollway
from rollway.config.parse import parse_x_rollway
from rollway.config.problems import Problems
from rollway.config.rollout import resolve_rollout
from rollway.errors import RollwayError


@dataclass(frozen=True)
class AppConfig:
    """One application, ready to be rendered.

    `classes` is service → class; `hosts` is app host → address; `rollout` is what the manifest
    carries; `notes` are for the plan.
    """

    app: str
    version: str
    app_dir: Path
    compose: dict[str, Any]
    settings: XRollway
    classes: dict[str, str]
    hosts: dict[str, str]
    rollout: dict[str, Any]
    notes: list[str] = field(default_factory=list)

    @property
    def file(self) -> str:
        return f"apps/{self.app}/compose.yml"

    def of_class(self, name: str) -> list[str]:
        """The services of one class, in the order of the file."""
        return [service for service, kind in self.classes.items() if kind == name]


def load_app(
    apps_dir: Path,
    app: str,
    *,
    variables: Mapping[str, str],
    version: str,
    registry: str,
    app_hosts: Mapping[str, str],
) -> AppConfig:
    """Read `apps/<app>/compose.yml` for a version; RollwayError lists every problem of it."""
    names.app_name(app)
    names.version_name(version)
    app_dir = apps_dir / app
    raw = read_compose(app_dir / "compose.yml")
    problems = Problems(f"apps/{app}/compose.yml")
    known = {**variables, "REGISTRY": registry, "ROLLWAY_VERSION": version}
    compose = interpolate_all(raw, known, problems)
    settings = parse_x_rollway(compose.get("x-rollway") or {}, problems)
    problems.end()
    released = released_services(raw)
    if not released:
        raise RollwayError(
            problems.file,
            "no service is released: none has ${ROLLWAY_VERSION} in its image",
            accepted="image: ${REGISTRY}/NAME:${ROLLWAY_VERSION:-dev} in at least one service",
            next=f"edit {problems.file}",
        )
    classes = classify(compose["services"], settings, released, problems)
    rollout, notes = resolve_rollout(
        settings, compose["services"], problems, host_count=len(app_hosts)
    )
    problems.end()
    return AppConfig(
        app, version, app_dir, compose, settings, classes, dict(app_hosts), rollout, notes
    )


def released_services(raw: Mapping[str, Any]) -> set[str]:
    """The services whose image carries the released version."""
    return {
        str(name)
        for name, service in raw["services"].items()
        if isinstance(service, dict) and "ROLLWAY_VERSION" in str(service.get("image", ""))
    }
