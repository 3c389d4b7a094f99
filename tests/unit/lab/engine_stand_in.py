"""The answers of Docker's engine that planning a lab reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class EngineStandIn:
    """Has the given networks and containers; stands for a client and for its low-level part."""

    subnets: list[str] = field(default_factory=list)
    listed: list[dict[str, Any]] = field(default_factory=list)
    cgroup_version: str = "2"

    @property
    def api(self) -> EngineStandIn:
        return self

    def networks(self) -> list[dict[str, Any]]:
        configs = [{"IPAM": {"Config": [{"Subnet": subnet}]}} for subnet in self.subnets]
        return [*configs, {"IPAM": {"Config": None}}]

    def containers(self, *, all: bool, filters: dict[str, str]) -> list[dict[str, Any]]:  # noqa: A002
        assert all
        name, _, value = filters["label"].partition("=")
        return [entry for entry in self.listed if entry["Labels"].get(name) == value]

    def info(self) -> dict[str, Any]:
        return {"CgroupVersion": self.cgroup_version}


def container(name: str, *, env: str, project: str) -> dict[str, Any]:
    """An entry of the engine's list."""
    labels = {"io.rollway.lab": env, "io.rollway.project": project}
    return {"Names": [f"/{name}"], "Labels": labels, "State": "running"}
