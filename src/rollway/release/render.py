"""Renders a Compose file into the project of a slot, and one for accessories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rollway.config.load import AppConfig
from rollway.config.problems import Problems, shown
from rollway.config.rollout import update_config
from rollway.config.sizes import is_count
from rollway.release.accessories import describe_accessories
from rollway.release.devices import gpus
from rollway.release.files import ReleaseFiles
from rollway.release.jobs import describe_jobs
from rollway.release.ports import check_claims
from rollway.release.project import ACCESSORY, JOB, WEB, WORKER, Project, shared_volumes
from rollway.release.render_service import render_services
from rollway.release.singletons import describe_singleton
from rollway.release.timing import grace_seconds, timing

MOST_REPLICAS = 100


@dataclass(frozen=True)
class Rendered:
    """Both projects as data; what the manifest says of their services; files; notes."""

    slot: dict[str, Any]
    accessories: dict[str, Any]
    services: list[dict[str, Any]]
    accessory_services: list[dict[str, Any]]
    jobs: list[dict[str, Any]]
    volumes: list[str]
    files: list[dict[str, Any]]
    accessory_files: list[dict[str, Any]]
    notes: list[str]


def render(config: AppConfig) -> Rendered:
    """Render; RollwayError lists everything that cannot be carried over, with its path."""
    problems = Problems(config.file)
    check_claims(config.compose["services"], problems)
    containers = _containers(config, problems)
    slot = Project(config, ReleaseFiles(config.app_dir, problems), problems, containers)
    apart = ReleaseFiles(config.app_dir, problems, folder="accessories")
    accessories = Project(config, apart, problems, containers)
    slot_content = _content(slot, WEB, WORKER, JOB)
    accessories_content = _content(accessories, ACCESSORY)
    rendered = Rendered(
        slot=slot_content,
        accessories=accessories_content,
        services=[
            {**_service(slot, name), **describe_singleton(slot, name)}
            for name in config.of_class(WEB, WORKER)
        ],
        accessory_services=describe_accessories(accessories, slot.needed),
        jobs=describe_jobs(slot),
        volumes=sorted(
            {one for part in (slot, accessories) for one in shared_volumes(config, part.volumes)}
        ),
        files=[*slot.files.as_list(), *apart.as_list()],
        accessory_files=apart.as_list(),
        notes=_notes(slot, accessories),
    )
    slot.files.check_total("files")
    apart.check_total("files")
    problems.end()
    return rendered


def _content(project: Project, *kinds: str) -> dict[str, Any]:
    services = render_services(project, kinds)
    return {"services": services, **project.top_level()} if services else {}


def _containers(config: AppConfig, problems: Problems) -> dict[str, list[str]]:
    """Service → its services in the project, numbered, one for each replica; a job is itself."""
    return {name: [name] for name in config.of_class(JOB)} | {
        name: [f"{name}-{number}" for number in range(1, _replicas(config, name, problems) + 1)]
        for name in config.of_class(WEB, WORKER)
    }


def _replicas(config: AppConfig, name: str, problems: Problems) -> int:
    given = (config.service(name).get("deploy") or {}).get("replicas")
    text = "1" if given is None else str(given)
    if not is_count(text) or not 1 <= int(text) <= MOST_REPLICAS:
        accepted = f"a number from 1 to {MOST_REPLICAS}"
        problems.add(f"services/{name}/deploy/replicas", shown(given), accepted=accepted)
        return 1
    return int(text)


def _service(project: Project, name: str) -> dict[str, Any]:
    config, service = project.config, project.config.service(name)
    http, kind = config.settings.http, config.classes[name]
    return {
        "name": name,
        "class": kind,
        "replicas": len(project.containers[name]),
        "containers": project.containers[name],
        "port": http.port if http and http.service == name else None,
        **timing(service, f"services/{name}", project.problems),
        **gpus(service, f"services/{name}", project.problems),
        "start_first": kind == WEB or update_config(service).get("order") == "start-first",
    }


def _notes(slot: Project, accessories: Project) -> list[str]:
    collected = [one for part in (slot, accessories) for one in (*part.notes, *part.grants.notes)]
    return [*dict.fromkeys(collected), *_grace_note(slot)]


def _grace_note(slot: Project) -> list[str]:
    """What still runs when the drain is over has only the grace period left."""
    http = slot.config.settings.http
    service = slot.config.service(http.service) if http else {}
    if http is None or service.get("stop_grace_period") is None:
        return []
    path = f"services/{http.service}"
    grace = grace_seconds(service, path, Problems(slot.config.file))
    if grace >= http.drain_seconds:
        return []
    found = f"{path}/stop_grace_period: {grace:g} s, shorter than x-rollway.http.drain_seconds"
    return [f"{found} {http.drain_seconds}: after the drain a request has only that"]
