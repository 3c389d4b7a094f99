"""What all services of one rendered project share while they are rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollway.config.load import AppConfig
from rollway.config.problems import Problems, shown
from rollway.config.truths import is_true
from rollway.release.files import ReleaseFiles
from rollway.release.grants import Grants

ACCESSORY, WEB, WORKER, JOB = "accessory", "web", "worker", "job"
_DEFAULT_NETWORK = "default"
_VOLUME = re.compile(r"(?!.*\.\.)[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")
_VOLUME_SAYS = "1 to 128 of A-Z a-z 0-9 . _ -, the first a letter or digit, no '..'"


@dataclass
class Project:
    """One project: a slot's, or the accessories'.

    `containers` is service → its services in the rendered file; `needed` is accessory → the state
    that services of a slot wait for; `notes` are for the plan.
    """

    config: AppConfig
    files: ReleaseFiles
    problems: Problems
    containers: Mapping[str, list[str]]
    notes: list[str] = field(default_factory=list)
    networks: set[str] = field(default_factory=set)
    volumes: set[str] = field(default_factory=set)
    needed: dict[str, str] = field(default_factory=dict)
    grants: Grants = field(init=False)

    def __post_init__(self) -> None:
        compose = self.config.compose
        declared = {kind: compose.get(kind) or {} for kind in ("configs", "secrets")}
        self.grants = Grants(declared, self.config.variables, self.files, self.problems)

    def top_level(self) -> dict[str, Any]:
        """The networks, volumes, configs and secrets that the services use."""
        parts = {
            "networks": self._networks(),
            "volumes": {name: self._volume(name) for name in sorted(self.volumes)},
            **self.grants.used,
        }
        return {key: value for key, value in parts.items() if value}

    def _networks(self) -> dict[str, Any]:
        declared = self.config.compose.get("networks") or {}
        used = self.networks - ({_DEFAULT_NETWORK} - set(declared))
        for name in sorted(used - set(declared)):
            self.problems.add(f"networks/{name}", "it is used and not declared")
        return {name: _without(declared.get(name) or {}, "external") for name in sorted(used)}

    def _volume(self, name: str) -> dict[str, Any]:
        declared = self.config.compose.get("volumes") or {}
        volume = declared.get(name) or {}
        if name not in declared:
            self.problems.add(f"volumes/{name}", "it is used and not declared")
        if is_external(volume):
            return {"external": True, "name": external_name(name, volume)}
        is_per_slot = name in per_slot_volumes(self.config)
        self._check_name(name, volume, is_per_slot=is_per_slot)
        if is_per_slot:
            return {}
        return {"external": True, "name": shared_name(self.config, name)}

    def _check_name(self, name: str, volume: Mapping[str, Any], *, is_per_slot: bool) -> None:
        given = volume.get("name")
        path = f"volumes/{name}/name"
        if given and is_per_slot:
            found = "both slots would share it, and a service asks for volumes: per_slot"
            self.problems.add(path, found, accepted="no name, or volumes: shared")
        elif given is not None and not _VOLUME.fullmatch(str(given)):
            self.problems.add(path, shown(given), accepted=_VOLUME_SAYS)


def shared_name(config: AppConfig, volume: str) -> str:
    """The name on the host of a volume that both slots use: its own, or that of the application."""
    declared = (config.compose.get("volumes") or {}).get(volume) or {}
    return str(declared.get("name") or f"{config.app}_{volume}")


def shared_volumes(config: AppConfig, used: set[str]) -> list[str]:
    """The volumes that hosts must have before a project starts, by their names there."""
    declared = config.compose.get("volumes") or {}
    ours = {name for name in used if not is_external(declared.get(name) or {})}
    return sorted(shared_name(config, name) for name in ours - per_slot_volumes(config))


def per_slot_volumes(config: AppConfig) -> set[str]:
    """The volumes of services that asked for one in each slot."""
    asking = [name for name, told in config.settings.services.items() if told.volumes == "per_slot"]
    mounted = [entry for name in asking for entry in config.service(name).get("volumes") or []]
    return {
        str(entry.get("source")) if isinstance(entry, dict) else str(entry).partition(":")[0]
        for entry in mounted
    }


def is_external(volume: Mapping[str, Any]) -> bool:
    """Is it a volume that the hosts have already? Compose's older form is a mapping."""
    external = volume.get("external")
    return isinstance(external, dict) or is_true(external)


def external_name(name: str, volume: Mapping[str, Any]) -> str:
    """The name on the host of an external volume."""
    external = volume.get("external")
    older = external.get("name") if isinstance(external, dict) else None
    return str(volume.get("name") or older or name)


def _without(values: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in keys}
