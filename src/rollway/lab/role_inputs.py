"""A lab's plan in the words of the role `lab_host`."""

from __future__ import annotations

from typing import Any

from rollway.lab import capabilities, recipe, reservation
from rollway.lab.paths import LabPaths
from rollway.lab.plan import HTTP, REGISTRY, SSH, Lab, LabHost

HOST_LABEL = "io.rollway.host"


def of(lab: Lab, client: Any, paths: LabPaths) -> dict[str, Any]:
    """Everything that `tasks_from: plan` hands on: the lab, the image, what is there too much."""
    tags = recipe.tags(paths.root)
    return {
        "env": lab.env,
        "network": reservation.network_name(lab.env),
        "labels": reservation.labels(paths),
        "image": tags.ready if lab.kind == "ready" else tags.bare,
        "base_image": tags.base,
        "capabilities": capabilities.grantable(capabilities.own_status()),
        "cgroup_version": int(client.info().get("CgroupVersion", "1")),
        "hosts": [_host(lab.env, host) for host in lab.hosts],
        "surplus": _surplus(lab, client),
        "dir": str(paths.folder),
        "inventory_path": str(paths.inventory),
    }


def container_name(env: str, host: str) -> str:
    """The name of a host's container; its volumes and network begin with it, too."""
    return f"rollway-{env}-{host}"


def _surplus(lab: Lab, client: Any) -> list[str]:
    """Containers to remove: of no host of the plan, or made with other ports than the plan's.

    A container's ports stay what they were when it was made; so an app host that becomes an edge,
    or is one no more, is made anew.
    """
    wanted = {container_name(lab.env, host.name): set(host.ports) for host in lab.hosts}
    there = {entry["Names"][0].lstrip("/") for entry in reservation.containers(client, lab.env)}
    return sorted(name for name in there if _published(name, client) != wanted.get(name))


def _published(container: str, client: Any) -> set[int]:
    bindings = client.api.inspect_container(container)["HostConfig"]["PortBindings"] or {}
    return {int(port.partition("/")[0]) for port in bindings}


def _host(env: str, host: LabHost) -> dict[str, Any]:
    return {
        "name": host.name,
        "container": container_name(env, host.name),
        "groups": list(host.groups),
        "address": host.address,
        "published": [f"127.0.0.1:{outside}:{inside}" for inside, outside in host.ports.items()],
        "ssh_port": host.ports[SSH],
        "http_port": host.ports.get(HTTP),
        "registry_port": host.ports.get(REGISTRY),
    }
