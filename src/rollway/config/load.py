"""An application as it was written: read, interpolated, validated, its services classified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway import names
from rollway.config.classify import RELEASED_BY, classify, released_services
from rollway.config.compose_file import interpolate_all, read_compose
from rollway.config.environment import resolve_environment
from rollway.config.model import XRollway
from rollway.config.parse import parse_x_rollway
from rollway.config.problems import Problems
from rollway.config.rollout import resolve_rollout
from rollway.config.structure import check_structure
from rollway.config.yaml_text import HALF, is_text
from rollway.errors import RollwayError

REGISTRY = "REGISTRY"
_EDIT = "edit the inventory"


@dataclass(frozen=True)
class AppConfig:
    """One application, ready to be rendered.

    `compose` is the interpolated file, its keys and shapes checked; `classes` is service → class;
    `hosts` is app host → address; `rollout` is what the manifest carries; `notes` are for the plan;
    `groups` is group of the inventory → its app hosts.
    """

    app: str
    version: str
    app_dir: Path
    compose: dict[str, Any]
    settings: XRollway
    classes: dict[str, str]
    hosts: dict[str, str]
    rollout: dict[str, Any]
    variables: dict[str, str]
    notes: list[str] = field(default_factory=list)
    groups: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        return file_of(self.app)

    def service(self, name: str) -> dict[str, Any]:
        """The service as it is written, interpolated."""
        return dict(self.compose["services"][name] or {})

    def of_class(self, *kinds: str) -> list[str]:
        """The services of these classes, in the order of the file."""
        return [service for service, kind in self.classes.items() if kind in kinds]


def load_app(  # noqa: PLR0913 - an application, and all it is written for
    apps_dir: Path,
    app: str,
    *,
    variables: Mapping[str, str],
    version: str,
    registry: str,
    app_hosts: Mapping[str, str],
    groups: Mapping[str, list[str]] | None = None,
) -> AppConfig:
    """Read `apps/<app>/compose.yml` for a version; RollwayError lists every problem of it.

    `variables` are the inventory's `rollway_variables`, `app_hosts` its app hosts → addresses,
    and `groups` its groups → their app hosts.
    """
    names.app_name(app)
    names.version_name(version)
    problems = Problems(file_of(app))
    known = _known_variables(variables, version=version, registry=registry)
    raw = read_compose(apps_dir / app / "compose.yml", file=problems.file)
    compose = interpolate_all(raw, known, problems)
    problems.end()
    check_structure(compose, problems)
    settings = parse_x_rollway(compose.get("x-rollway") or {}, problems)
    problems.end()
    classes = classify(compose["services"], settings, _released(raw, problems.file), problems)
    _resolve_environments(compose["services"], known, problems)
    rollout, notes = resolve_rollout(
        settings, compose["services"], problems, host_count=len(app_hosts)
    )
    problems.end()
    return AppConfig(
        app=app,
        version=version,
        app_dir=apps_dir / app,
        compose=compose,
        settings=settings,
        classes=classes,
        hosts=dict(app_hosts),
        rollout=rollout,
        variables=known,
        notes=notes,
        groups=groups or {},
    )


def file_of(app: str) -> str:
    """The Compose file of an app, as errors name it."""
    return f"apps/{app}/compose.yml"


def _known_variables(
    variables: Mapping[str, str], *, version: str, registry: str
) -> dict[str, str]:
    """What a file may name; its own two cannot be set by an inventory."""
    ours = {REGISTRY: registry, RELEASED_BY: version}
    claimed = sorted(set(ours) & set(variables))
    if claimed:
        raise RollwayError(
            f"rollway_variables/{claimed[0]}",
            "the name is taken: every release sets it",
            accepted="another name",
            next=f"{_EDIT} (rollway_registry names the registry)",
        )
    told = {str(name): str(value) for name, value in variables.items()}
    spoiled = sorted(name for name, value in told.items() if not is_text(f"{name}{value}"))
    if spoiled:
        raise RollwayError(
            f"rollway_variables/{ascii(spoiled[0])[1:-1]}", f"it holds {HALF}", next=_EDIT
        )
    return {**told, **ours}


def _released(raw: Mapping[str, Any], file: str) -> set[str]:
    released = released_services(raw)
    if not released:
        raise RollwayError(
            file,
            "no service is released: none has ${ROLLWAY_VERSION} in its image",
            accepted="image: ${REGISTRY}/NAME:${ROLLWAY_VERSION:-dev} in at least one service",
            next=f"edit {file}",
        )
    return released


def _resolve_environments(
    services: Mapping[str, Any], variables: Mapping[str, str], problems: Problems
) -> None:
    for name, service in services.items():
        if service and "environment" in service:
            path = f"services/{name}/environment"
            service["environment"] = resolve_environment(
                service["environment"], variables, path, problems
            )
