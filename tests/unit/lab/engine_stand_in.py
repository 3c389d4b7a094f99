"""The answers of Docker's engine that planning a lab reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import docker


@dataclass
class NetworksStandIn:
    """Both what `client.networks` is (for `create`) and `client.api.networks` does."""

    engine: EngineStandIn

    def __call__(self, filters: dict[str, str] | None = None) -> list[dict[str, Any]]:
        if filters:
            name, _, value = filters["label"].partition("=")
            return [made for made in self.engine.made if made["Labels"].get(name) == value]
        configs = [{"IPAM": {"Config": [{"Subnet": subnet}]}} for subnet in self.engine.subnets]
        return [*configs, {"IPAM": {"Config": None}}]

    def create(self, name: str, *, driver: str, ipam: Any, labels: dict[str, str]) -> None:
        """Refuses what somebody else took between looking and asking."""
        assert driver == "bridge"
        subnet = ipam["Config"][0]["Subnet"]
        if subnet in self.engine.taken_meanwhile:
            self.engine.subnets.append(subnet)
            message = f"Pool overlaps with other one on this address space: {subnet}"
            raise docker.errors.APIError(message)
        self.engine.subnets.append(subnet)
        self.engine.made.append({"Name": name, "Labels": labels})


@dataclass
class EngineStandIn:
    """Has the given networks and containers; stands for a client and for its low-level part."""

    subnets: list[str] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)
    cgroup_version: str = "2"
    taken_meanwhile: tuple[str, ...] = ()
    made: list[dict[str, Any]] = field(default_factory=list)

    @property
    def api(self) -> EngineStandIn:
        return self

    @property
    def networks(self) -> NetworksStandIn:
        return NetworksStandIn(self)

    def containers(self, *, all: bool, filters: dict[str, str]) -> list[dict[str, Any]]:  # noqa: A002
        assert all
        name, _, value = filters["label"].partition("=")
        return [entry for entry in self.listed if entry["Labels"].get(name) == value]

    def inspect_container(self, name: str) -> dict[str, Any]:
        found = next(entry for entry in self.listed if entry["Names"] == [f"/{name}"])
        return {"HostConfig": {"PortBindings": found["PortBindings"]}}

    def info(self) -> dict[str, Any]:
        return {"CgroupVersion": self.cgroup_version}


def container(
    name: str, *, env: str, project: str, ports: tuple[int, ...] = (22,)
) -> dict[str, Any]:
    """An entry of the engine's list, and what it tells of that one."""
    labels = {"io.rollway.lab": env, "io.rollway.project": project}
    bindings = {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": "1"}] for port in ports}
    entry = {"Names": [f"/{name}"], "Labels": labels, "State": "running"}
    return {**entry, "PortBindings": bindings}
