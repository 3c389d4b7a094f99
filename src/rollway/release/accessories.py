"""Accessories: where each runs, at which port, and who else wants that port."""

from __future__ import annotations

from collections.abc import Mapping
from posixpath import normpath
from typing import Any

from rollway.config.problems import neighbours
from rollway.config.truths import is_true
from rollway.release.project import ACCESSORY, Project
from rollway.release.render_service import accessory_port

EVERY_HOST = "all"


def describe_accessories(project: Project, needed: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the manifest says of each: where it is, its port, and the state that slots wait for.

    `addresses` is host → address: a slot takes its own host's, or else the only one
    (`addresses_on`).
    """
    described = [
        {
            "name": name,
            "hosts": (hosts := _hosts_of(project, name)),
            "addresses": {host: project.config.hosts.get(host, "") for host in hosts},
            "port": _port_of(project, name),
            "condition": needed.get(name, "service_started"),
        }
        for name in project.config.of_class(ACCESSORY)
    ]
    _check_claims(project, described)
    _check_neighbours(project, described)
    return described


def addresses_on(manifest: Mapping[str, Any], host: str) -> dict[str, str]:
    """Accessory → the address at which slots of this host reach it."""
    services = (manifest.get("accessories") or {}).get("services", [])
    return {
        one["name"]: one["addresses"].get(host) or next(iter(one["addresses"].values()))
        for one in services
    }


def written(content: Mapping[str, Any]) -> dict[str, list[str]]:
    """Accessory → the volumes and folders of the host that it may write to, external ones too."""
    volumes = content.get("volumes") or {}
    names = {key: str(volume.get("name") or "") for key, volume in volumes.items()}
    found = {
        name: {
            names.get(one.get("source"), "") if one["type"] == "volume" else normpath(one["source"])
            for one in service.get("volumes") or []
            if one["type"] in ("volume", "bind") and not is_read_only(one)
        }
        for name, service in content["services"].items()
    }
    return {name: sorted(sources - {""}) for name, sources in found.items()}


def is_read_only(mount: Mapping[str, Any]) -> bool:
    """Whether a mount of a rendered service says so."""
    return is_true(mount.get("read_only"))


def _port_of(project: Project, name: str) -> int | None:
    port = accessory_port(project, name)
    if port is None:
        accepted = f"x-rollway: {{services: {{{name}: {{class: accessory, port: NUMBER}}}}}}"
        project.problems.add(f"services/{name}/ports", "slots cannot reach it", accepted=accepted)
    return port


def _hosts_of(project: Project, name: str) -> list[str]:
    """One host for all, or every host its own: with two of three, the third would have none."""
    known = sorted(project.config.hosts)
    told = project.config.settings.services[name].hosts
    hosts = [told] if isinstance(told, str) else list(told or [])
    if hosts == [EVERY_HOST] or (not hosts and len(known) == 1):
        return known
    path = f"x-rollway/services/{name}/hosts"
    choice = f"{EVERY_HOST}, or one of {', '.join(known)}"
    unknown = [host for host in hosts if host not in known]
    for host in unknown:
        accepted = neighbours(host, [*known, EVERY_HOST])
        project.problems.add(path, f"{host!r} is no app host", accepted=accepted)
    if not hosts:
        found = f"it is missing, and there are {len(known)} app hosts"
        project.problems.add(path, found, accepted=choice)
    elif not unknown and len(hosts) > 1 and sorted(hosts) != known:
        found = f"{', '.join(hosts)}: which of them other hosts shall reach is not known"
        project.problems.add(path, found, accepted=choice)
    return sorted(set(hosts))


def _check_claims(project: Project, described: list[dict[str, Any]]) -> None:
    """Accessories publish their own ports on their host's address."""
    taken: dict[tuple[str, int], str] = {}
    for one in described:
        for host in one["hosts"] if one["port"] else []:
            other = taken.setdefault((host, one["port"]), one["name"])
            if other != one["name"]:
                path = f"x-rollway/services/{one['name']}/port"
                found = f"{one['port']} belongs to {other!r} on {host}"
                project.problems.add(path, found, accepted="another port, or another host")


def _check_neighbours(project: Project, described: list[dict[str, Any]]) -> None:
    """Accessories find each other by name on one host only."""
    hosts = {one["name"]: one["hosts"] for one in described}
    for name, own in hosts.items():
        wanted = project.config.service(name).get("depends_on") or []
        for other in map(str, wanted):
            if other in hosts and hosts[other] != own:
                path = f"services/{name}/depends_on/{other}"
                project.problems.add(path, "it is on another host", accepted="the same `hosts`")
