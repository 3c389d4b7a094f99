"""Renders one service of a Compose file for its place in a slot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rollway.config.load import AppConfig
from rollway.config.problems import Problems
from rollway.release.files import ReleaseFiles
from rollway.release.keys import DEPLOY_KEYS, SERVICE_KEYS
from rollway.release.mounts import Mounts
from rollway.release.refusals import refuse_keys
from rollway.release.text import variable

LABEL = "io.rollway"


def port_variable(service: str, replica: int) -> str:
    """The variable of a replica's port on the host: `ROLLWAY_PORT_API_1`."""
    return f"ROLLWAY_PORT_{service.upper().replace('-', '_')}_{replica}"


def accessory_variable(service: str) -> str:
    """The variable of an accessory's address: `ROLLWAY_ACCESSORY_DB`."""
    return f"ROLLWAY_ACCESSORY_{service.upper().replace('-', '_')}"


@dataclass
class ServiceRenderer:
    """Renders services; `containers` is service → its numbered services in the slot."""

    config: AppConfig
    files: ReleaseFiles
    containers: Mapping[str, list[str]]
    problems: Problems
    notes: list[str] = field(default_factory=list)
    shared_volumes: set[str] = field(default_factory=set)

    def services_of(self, classes: set[str]) -> dict[str, Any]:
        """Every service of these classes, rendered, by its name in the project."""
        rendered: dict[str, Any] = {}
        for name, kind in self.config.classes.items():
            if kind in classes:
                rendered.update(self._service(name, kind))
        return rendered

    def _service(self, name: str, kind: str) -> dict[str, Any]:
        service = self.config.compose["services"][name] or {}
        path = f"services/{name}"
        refuse_keys(service, SERVICE_KEYS, path, self.problems)
        refuse_keys(service.get("deploy") or {}, DEPLOY_KEYS, f"{path}/deploy", self.problems)
        self._check(service, path, kind)
        common = self._common(name, service, path, kind)
        if kind == "accessory":
            return {name: {**common, **self._accessory_ports(name, path)}}
        return {
            numbered: {**common, **self._web_ports(name, kind, replica)}
            for replica, numbered in enumerate(self.containers[name], start=1)
        }

    def _check(self, service: Mapping[str, Any], path: str, kind: str) -> None:
        if not service.get("image"):
            self.problems.add(f"{path}/image", "it is missing", accepted="image: REGISTRY/NAME:TAG")
        if service.get("restart") in {"no", False}:
            instead = "unless-stopped, always, on-failure"
            self.problems.add(f"{path}/restart", "a service that ends stays down", accepted=instead)
        if (service.get("deploy") or {}).get("mode") == "global":
            self.problems.add(f"{path}/deploy/mode", "global", accepted="leave it out")
        if service.get("ports") and kind == "worker":
            self.problems.add(f"{path}/ports", "a worker has no ports", accepted="class: web")
        if service.get("privileged"):
            self.notes.append(f"{path}/privileged: its containers own the host")

    def _common(
        self, name: str, service: Mapping[str, Any], path: str, kind: str
    ) -> dict[str, Any]:
        mounts = Mounts(self.files, self.problems, path)
        kept = {
            key: value
            for key, value in service.items()
            if key in SERVICE_KEYS and SERVICE_KEYS[key].treatment == "kept"
        }
        rewritten = {
            "restart": service.get("restart") or "unless-stopped",
            "labels": self._labels(service.get("labels"), kind),
            "networks": self._networks(name, service.get("networks"), path),
            "extra_hosts": self._extra_hosts(service.get("extra_hosts"), kind),
            "depends_on": self._depends_on(name, service.get("depends_on"), path),
            "deploy": _kept_deploy(service.get("deploy") or {}),
            "env_file": mounts.env_files(service.get("env_file")),
            "volumes": mounts.volumes(service.get("volumes")),
            "configs": mounts.sources("configs", service.get("configs")),
            "secrets": mounts.sources("secrets", service.get("secrets")),
        }
        self._note_volumes(name, rewritten["volumes"])
        filled = {key: value for key, value in rewritten.items() if value}
        return {**kept, "networks": {"default": None}, **filled}

    def _note_volumes(self, name: str, mounts: list[dict[str, Any]]) -> None:
        told = self.config.settings.services.get(name)
        if told and told.volumes == "per_slot":
            return
        named = [one["source"] for one in mounts if one["type"] == "volume" and "source" in one]
        declared = self.config.compose.get("volumes") or {}
        owned = [one for one in named if not (declared.get(one) or {}).get("external")]
        self.shared_volumes.update(owned)
        if named and self.config.classes[name] != "accessory":
            shared = ", ".join(named)
            self.notes.append(f"services/{name}: both slots write to the volumes {shared}")

    def _labels(self, labels: Any, kind: str) -> dict[str, str]:
        ours = {f"{LABEL}.app": self.config.app, f"{LABEL}.class": kind}
        if kind != "accessory":
            ours[f"{LABEL}.slot"] = variable("ROLLWAY_SLOT")
            ours[f"{LABEL}.release"] = variable("ROLLWAY_RELEASE")
        return {**_as_mapping(labels), **ours}

    def _networks(self, name: str, networks: Any, path: str) -> dict[str, Any]:
        """Every network with the service's own name as an alias: its replicas are numbered."""
        entries = networks if isinstance(networks, dict) else dict.fromkeys(networks or ["default"])
        rendered: dict[str, Any] = {}
        for network, options in entries.items():
            chosen = dict(options or {})
            for key in ("ipv4_address", "ipv6_address", "mac_address"):
                if key in chosen:
                    where = f"{path}/networks/{network}/{key}"
                    self.problems.add(where, "two slots would claim it", accepted="leave it out")
            aliases = [*chosen.pop("aliases", []), name]
            rendered[network] = {**chosen, "aliases": sorted(set(aliases))}
        return rendered

    def _extra_hosts(self, hosts: Any, kind: str) -> list[str]:
        own = [f"{name}={value}" for name, value in _as_mapping(hosts, separators="=:").items()]
        if kind == "accessory":
            return own
        accessories = self.config.of_class("accessory")
        return [*own, *(f"{one}={variable(accessory_variable(one))}" for one in accessories)]

    def _depends_on(self, name: str, depends_on: Any, path: str) -> dict[str, Any]:
        entries = depends_on if isinstance(depends_on, dict) else dict.fromkeys(depends_on or [])
        rendered: dict[str, Any] = {}
        for other, condition in entries.items():
            kind = self.config.classes.get(other)
            own = self.config.classes[name]
            if kind is None:
                self.problems.add(f"{path}/depends_on/{other}", "there is no such service")
            elif kind == "worker" and own == "web":
                found = "it is a worker, which starts after the traffic has moved"
                self.problems.add(f"{path}/depends_on/{other}", found, accepted="class: web")
            elif kind == own == "accessory":
                rendered[other] = condition or {"condition": "service_started"}
            elif kind != "accessory" and own != "accessory":
                for numbered in self.containers[other]:
                    rendered[numbered] = condition or {"condition": "service_started"}
        return rendered

    def _web_ports(self, name: str, kind: str, replica: int) -> dict[str, Any]:
        port = self.port_of(name)
        if kind != "web" or port is None:
            return {}
        host_port = variable(port_variable(name, replica))
        return {"ports": [f"{variable('ROLLWAY_ADDRESS')}:{host_port}:{port}"]}

    def _accessory_ports(self, name: str, path: str) -> dict[str, Any]:
        port = self.port_of(name)
        if port is None:
            self.problems.add(
                f"{path}/ports",
                "slots cannot reach it",
                accepted=f"x-rollway: {{services: {{{name}: {{class: accessory, port: NUMBER}}}}}}",
            )
            return {}
        return {"ports": [f"{variable('ROLLWAY_ADDRESS')}:{port}:{port}"]}

    def port_of(self, name: str) -> int | None:
        """The container's port that others reach: told by x-rollway, or the first of `ports`."""
        settings = self.config.settings
        if settings.http and settings.http.service == name:
            return settings.http.port
        told = settings.services.get(name)
        if told and told.port:
            return told.port
        service = self.config.compose["services"][name] or {}
        return _first_port([*(service.get("ports") or []), *(service.get("expose") or [])])


def _first_port(ports: Iterable[Any]) -> int | None:
    for port in ports:
        text = str(port.get("target") if isinstance(port, dict) else port)
        number = text.split("/", maxsplit=1)[0].rsplit(":", 1)[-1]
        if number.isdigit():
            return int(number)
    return None


def _kept_deploy(deploy: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in deploy.items()
        if key in DEPLOY_KEYS and DEPLOY_KEYS[key].treatment == "kept"
    }


def _as_mapping(value: Any, *, separators: str = "=") -> dict[str, str]:
    """Compose's two spellings of a mapping: a mapping, or a list of `name=value`."""
    if isinstance(value, dict):
        return {str(key): str(one) for key, one in value.items()}
    pairs: dict[str, str] = {}
    for entry in map(str, value or []):
        separator = next((one for one in separators if one in entry), separators[0])
        key, _, text = entry.partition(separator)
        pairs[key] = text
    return pairs
