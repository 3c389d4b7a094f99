"""Renders a Compose file into the project of a slot, and one for accessories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rollway.config.load import AppConfig
from rollway.config.problems import Problems
from rollway.release.files import ReleaseFiles
from rollway.release.keys import TOP_KEYS
from rollway.release.refusals import refuse_keys
from rollway.release.render_service import ServiceRenderer
from rollway.release.text import variable


@dataclass(frozen=True)
class Rendered:
    """Both projects as data, the files they need, and what was noticed on the way."""

    slot: dict[str, Any]
    accessories: dict[str, Any]
    containers: dict[str, list[str]]
    volumes: list[str]
    files: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)


def render(config: AppConfig) -> Rendered:
    """Render; RollwayError lists every key that cannot be carried over, with its path."""
    problems = Problems(config.file)
    files = ReleaseFiles(config.app_dir, problems)
    refuse_keys(config.compose, TOP_KEYS, "", problems)
    containers = _container_names(config, problems)
    renderer = ServiceRenderer(config, files, containers, problems)
    slot = renderer.services_of({"web", "worker"})
    accessories = renderer.services_of({"accessory"})
    top = _TopLevel(config, files, problems)
    rendered = Rendered(
        slot={"services": slot, **top.of(slot)},
        accessories={"services": accessories, **top.of(accessories)} if accessories else {},
        containers=containers,
        volumes=sorted({f"{config.app}_{name}" for name in renderer.shared_volumes}),
        files=files.as_list(),
        notes=renderer.notes,
    )
    problems.end()
    return rendered


def _container_names(config: AppConfig, problems: Problems) -> dict[str, list[str]]:
    """Service → its services in the slot project: web ones are numbered, one per replica."""
    found: dict[str, list[str]] = {}
    for name in (*config.of_class("web"), *config.of_class("worker")):
        replicas = (config.compose["services"][name].get("deploy") or {}).get("replicas", 1)
        if not isinstance(replicas, int) or replicas < 1:
            path = f"services/{name}/deploy/replicas"
            problems.add(path, repr(replicas), accepted="a number from 1")
            replicas = 1
        found[name] = [f"{name}-{number}" for number in range(1, replicas + 1)]
    return found


@dataclass
class _TopLevel:
    """The networks, volumes, configs and secrets that the services of one project use."""

    config: AppConfig
    files: ReleaseFiles
    problems: Problems

    def of(self, services: Mapping[str, Any]) -> dict[str, Any]:
        parts = {
            "networks": self._networks(_used_networks(services)),
            "volumes": self._volumes(_used_volumes(services)),
            "configs": self._sources("configs", _used_sources(services, "configs")),
            "secrets": self._sources("secrets", _used_sources(services, "secrets")),
        }
        return {key: value for key, value in parts.items() if value}

    def _networks(self, used: set[str]) -> dict[str, Any]:
        declared = self.config.compose.get("networks") or {}
        return {name: self._network(name, declared.get(name) or {}) for name in sorted(used)}

    def _network(self, name: str, network: Mapping[str, Any]) -> dict[str, Any]:
        for key, instead in _REFUSED_NETWORK_KEYS.items():
            if network.get(key):
                self.problems.add(f"networks/{name}/{key}", "it cannot be used", accepted=instead)
        return {key: value for key, value in network.items() if key not in _REFUSED_NETWORK_KEYS}

    def _volumes(self, used: set[str]) -> dict[str, Any]:
        declared = self.config.compose.get("volumes") or {}
        for name in used - set(declared):
            self.problems.add(f"volumes/{name}", "it is used and not declared")
        return {name: self._volume(name, declared.get(name) or {}) for name in sorted(used)}

    def _volume(self, name: str, volume: Mapping[str, Any]) -> dict[str, Any]:
        if volume.get("external"):
            return dict(volume)
        if volume:
            path = f"volumes/{name}"
            instead = (
                f"create the volume {self.config.app}_{name} on the hosts, and leave this empty"
            )
            self.problems.add(path, f"it sets {', '.join(volume)}", accepted=instead)
        if name in self._per_slot():
            return {"name": f"{self.config.app}_{variable('ROLLWAY_SLOT')}_{name}"}
        return {"name": f"{self.config.app}_{name}", "external": True}

    def _per_slot(self) -> set[str]:
        """The volumes of services that asked for one in each slot."""
        services = self.config.compose["services"]
        asking = [
            name for name, one in self.config.settings.services.items() if one.volumes == "per_slot"
        ]
        return {
            volume.split(":")[0] if isinstance(volume, str) else str(volume.get("source"))
            for name in asking
            for volume in services[name].get("volumes") or []
        }

    def _sources(self, kind: str, used: set[str]) -> dict[str, Any]:
        declared = self.config.compose.get(kind) or {}
        return {name: self._source(kind, name, declared.get(name)) for name in sorted(used)}

    def _source(self, kind: str, name: str, source: Any) -> dict[str, Any]:
        path = f"{kind}/{name}"
        content = source if isinstance(source, dict) else {}
        if kind == "configs" and "content" in content:
            return {"content": content["content"]}
        if "file" not in content:
            accepted = "file: a path inside the application's folder"
            self.problems.add(path, "it names no file", accepted=accepted)
            return {}
        mode = "0400" if kind == "secrets" else None
        inside = self.files.add(str(content["file"]), f"{path}/file", mode=mode)
        return {"file": f"{variable('ROLLWAY_FILES')}/{inside}"}


_REFUSED_NETWORK_KEYS = {
    "external": "a network of the slot's own: on a shared one releases answer for each other",
    "name": "no name: each slot has a network of its own",
    "ipam": "no ipam: two slots would claim the same addresses",
}


def _used_networks(services: Mapping[str, Any]) -> set[str]:
    return {name for one in services.values() for name in one["networks"]} - {"default"}


def _used_volumes(services: Mapping[str, Any]) -> set[str]:
    mounts = [mount for one in services.values() for mount in one.get("volumes", [])]
    return {mount["source"] for mount in mounts if mount["type"] == "volume" and "source" in mount}


def _used_sources(services: Mapping[str, Any], kind: str) -> set[str]:
    return {entry["source"] for one in services.values() for entry in one.get(kind, [])}
