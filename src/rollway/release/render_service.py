"""Renders one service of a Compose file into the services of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollway.config.environment import as_mapping
from rollway.config.keys_service import SERVICE
from rollway.config.problems import shown
from rollway.config.slot_variables import (
    ADDRESS,
    RELEASE,
    SLOT,
    accessory_variable,
    port_variable,
    variable,
)
from rollway.config.truths import is_true, is_truth
from rollway.errors import RollwayError
from rollway.release.depends import depends_on
from rollway.release.mounts import Mounts
from rollway.release.ports import exposed_by, ports_of
from rollway.release.project import ACCESSORY, JOB, Project, is_external, per_slot_volumes
from rollway.release.reference import parse_reference

LABEL = "io.rollway"
_NEVER = "no"
_NOTED = ("privileged", "pid", "ipc", "uts", "userns_mode", "cap_add", "devices")


def render_services(project: Project, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Every service of these classes, rendered, by its name in the project."""
    rendered: dict[str, Any] = {}
    for name in project.config.of_class(*kinds):
        rendered.update(_replicas(project, name))
    return rendered


def _replicas(project: Project, name: str) -> dict[str, Any]:
    common = _common(project, name)
    if project.config.classes[name] == ACCESSORY:
        return {name: common}
    _check_ports(project, name)
    return {
        numbered: {**common, **_web_port(project, name, replica)}
        for replica, numbered in enumerate(project.containers[name], start=1)
    }


def _common(project: Project, name: str) -> dict[str, Any]:
    """What all replicas of a service have in common; a job has one container, that ends."""
    service, path = project.config.service(name), f"services/{name}"
    _check_image(project, service, path)
    _note_powers(project, service, path)
    kept = {key: value for key, value in service.items() if _is_kept(key)}
    rewritten = {
        "image": service.get("image"),
        "environment": service.get("environment"),
        "restart": _restart(project, name, service.get("restart")),
        "labels": _labels(project, name, service.get("labels")),
        "networks": _networks(project, name, service.get("networks")),
        "extra_hosts": _extra_hosts(project, name, service.get("extra_hosts")),
        "depends_on": depends_on(project, name, service.get("depends_on")),
        "deploy": _resources(service.get("deploy")),
        **_mounts(project, name, service, path),
    }
    if project.config.classes[name] == ACCESSORY:
        rewritten["ports"] = _accessory_ports(project, name)
    return {**kept, **{key: value for key, value in rewritten.items() if value}}


def _is_kept(key: str) -> bool:
    return key in SERVICE and SERVICE[key].treatment == "kept"


def _check_image(project: Project, service: Mapping[str, Any], path: str) -> None:
    image = service.get("image")
    if not image:
        accepted = "image: NAME:TAG, also beside `build`"
        project.problems.add(f"{path}/image", "it is missing", accepted=accepted)
        return
    try:
        # Compose wants a text, also where YAML reads `image: 3` as a number
        parse_reference(image if isinstance(image, str) else "")
    except RollwayError as error:
        project.problems.add(f"{path}/image", shown(image), accepted=error.accepted)


def _note_powers(project: Project, service: Mapping[str, Any], path: str) -> None:
    """What takes down the wall between a container and its host is said in the plan."""
    for key in _NOTED:
        value = service.get(key)
        given = is_true(value) if is_truth(value) else value
        if given and given not in ("private", "shareable"):
            project.notes.append(f"{path}/{key}: {shown(value)} gives it power over the host")


def _restart(project: Project, name: str, given: Any) -> str:
    """`always` would bring a stopped slot back when the engine restarts; so it is no default."""
    if project.config.classes[name] == JOB:
        return _NEVER
    if given == _NEVER:
        found = f"{shown(given)} cannot be released"
        accepted = "unless-stopped or on-failure: what ends would stay down; or class: job"
        project.problems.add(f"services/{name}/restart", found, accepted=accepted)
    return "unless-stopped" if given in {None, "always"} else str(given)


def _labels(project: Project, name: str, labels: Any) -> dict[str, Any]:
    kind = project.config.classes[name]
    ours = {
        f"{LABEL}.app": project.config.app,
        f"{LABEL}.service": name,
        f"{LABEL}.class": kind,
    }
    if kind != ACCESSORY:
        ours |= {f"{LABEL}.slot": variable(SLOT), f"{LABEL}.release": variable(RELEASE)}
    given = {key: "" if value is None else value for key, value in as_mapping(labels).items()}
    return {**given, **ours}


def _networks(project: Project, name: str, networks: Any) -> dict[str, Any]:
    """Every network with the service's own name as an alias, since its replicas are numbered."""
    listed = networks if isinstance(networks, dict) else dict.fromkeys(networks or [])
    rendered: dict[str, Any] = {}
    for network, options in (listed or {"default": None}).items():
        project.networks.add(str(network))
        chosen = dict(options or {})
        aliases = [*map(str, chosen.pop("aliases", None) or []), name]
        rendered[str(network)] = {**chosen, "aliases": sorted(set(aliases))}
    return rendered


def _extra_hosts(project: Project, name: str, hosts: Any) -> list[str]:
    given = [f"{host}={at}" for host, at in hosts.items()] if isinstance(hosts, dict) else hosts
    own = [str(entry) for entry in given or []]
    if project.config.classes[name] == ACCESSORY:
        return own
    accessories = project.config.of_class(ACCESSORY)
    return [*own, *(f"{one}={variable(accessory_variable(one))}" for one in accessories)]


def _resources(deploy: Mapping[str, Any] | None) -> dict[str, Any]:
    resources = (deploy or {}).get("resources")
    return {"resources": resources} if resources else {}


def _mounts(project: Project, name: str, service: Mapping[str, Any], path: str) -> dict[str, Any]:
    mounts = Mounts(project.files, project.problems, path, project.notes)
    volumes = mounts.volumes(service.get("volumes"))
    _note_volumes(project, name, volumes)
    return {
        "volumes": volumes,
        "env_file": mounts.env_files(service.get("env_file")),
        "configs": project.grants.of_service("configs", service, path),
        "secrets": project.grants.of_service("secrets", service, path),
    }


def _note_volumes(project: Project, name: str, mounts: list[dict[str, Any]]) -> None:
    named = {str(one["source"]) for one in mounts if one["type"] == "volume" and one.get("source")}
    project.volumes.update(named)
    declared = project.config.compose.get("volumes") or {}
    ours = {one for one in named if not is_external(declared.get(one) or {})}
    shared = sorted(ours - per_slot_volumes(project.config))
    if shared and project.config.classes[name] not in (ACCESSORY, JOB):
        found = f"services/{name}/volumes: both slots use {', '.join(shared)} while they overlap"
        what = f"x-rollway.services.{name}.volumes: per_slot keeps them apart"
        project.notes.append(f"{found}; {what}")


def _check_ports(project: Project, name: str) -> None:
    """Only the edge's way in is published."""
    http, path = project.config.settings.http, f"services/{name}"
    ports = ports_of(project.config.service(name), path, project.problems)
    if http and http.service == name:
        others = sorted({one for port in ports for one in port.targets} - {http.port})
        if others:
            found = f"{path}/ports: only {http.port} is reached from outside"
            project.notes.append(f"{found}, not {', '.join(map(str, others))}")
    elif ports:
        kind = project.config.classes[name]
        behind = f"`expose`, or x-rollway.http.service: {name}"
        accepted = "leave it out" if kind == JOB else behind
        found = f"a {kind} service that x-rollway.http does not name has none"
        project.problems.add(f"{path}/ports", found, accepted=accepted)


def _web_port(project: Project, name: str, replica: int) -> dict[str, Any]:
    http = project.config.settings.http
    if not http or http.service != name:
        return {}
    return {"ports": [_published(variable(port_variable(name, replica)), http.port)]}


def _published(published: str, target: int, protocol: str = "tcp") -> dict[str, Any]:
    """The long spelling: the address may be IPv6."""
    return {
        "host_ip": variable(ADDRESS),
        "published": published,
        "target": target,
        "protocol": protocol,
    }


def _accessory_ports(project: Project, name: str) -> list[dict[str, Any]]:
    service, path = project.config.service(name), f"services/{name}"
    ports = ports_of(service, path, project.problems)
    chosen = {(one, port.protocol) for port in ports for one in port.targets}
    main = accessory_port(project, name)
    if main and main not in {one for one, _ in chosen}:
        chosen.add((main, "tcp"))
    return [_published(str(one), one, protocol) for one, protocol in sorted(chosen)]


def accessory_port(project: Project, name: str) -> int | None:
    """The port that slots reach: told by x-rollway, or the first of `ports` and `expose`."""
    told = project.config.settings.services[name].port
    service, path = project.config.service(name), f"services/{name}"
    targets = [one for port in ports_of(service, path, project.problems) for one in port.targets]
    return told or next(iter([*targets, *exposed_by(service, path, project.problems)]), None)
