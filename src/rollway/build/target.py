"""Where images go, and what they are made with: an environment's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway.config.values import texts
from rollway.errors import RollwayError
from rollway.release.registry_client import RegistryClient
from rollway.remote.inventory import load_inventory

_NAMES = (
    "rollway_registry",
    "rollway_registry_controller",
    "rollway_registry_ca",
    "rollway_registry_username",
    "rollway_registry_password",
    "rollway_variables",
    "rollway_build_args",
)


@dataclass(frozen=True)
class Target:
    """The registry of an environment, and its values for Compose files and builds.

    `registry` is how hosts name it, `controller` how it is reached from here.
    """

    registry: str
    controller: str
    ca: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    variables: Mapping[str, str] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict)

    def client(self) -> RegistryClient:
        """A client of the registry."""
        return RegistryClient(
            self.controller,
            registry=self.registry,
            ca=self.ca,
            username=self.username,
            password=self.password,
        )

    def login(self) -> dict[str, str] | None:
        """As the engine wants it for a push; None for a registry without login."""
        if not self.username:
            return None
        return {"username": self.username, "password": self.password or ""}


def load_target(inventory: Path) -> Target:
    """The settings of an environment, as its first app host has them."""
    found = load_inventory(inventory, _NAMES)
    return read_target(next(iter(found.variables.values())), inventory=inventory.name)


def read_target(variables: Mapping[str, Any], *, inventory: str) -> Target:
    """The settings from inventory variables; RollwayError without a registry."""
    registry = variables.get("rollway_registry")
    if not registry:
        raise RollwayError(
            f"inventories/{inventory}",
            "rollway_registry is not set",
            accepted="host:port of the registry that the app hosts pull from",
            next=f"set it in inventories/{inventory}/hosts.yml or group_vars/all.yml",
        )
    return Target(
        registry=str(registry),
        controller=str(variables.get("rollway_registry_controller") or registry),
        ca=_optional(variables.get("rollway_registry_ca")),
        username=_optional(variables.get("rollway_registry_username")),
        password=_optional(variables.get("rollway_registry_password")),
        variables=texts("rollway_variables", variables.get("rollway_variables")),
        build_args=texts("rollway_build_args", variables.get("rollway_build_args")),
    )


def _optional(value: Any) -> str | None:
    return str(value) if value else None
