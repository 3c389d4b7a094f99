"""What a slot's containers must reach before they count, and what to say when they do not."""

from __future__ import annotations

from .call import Call
from .containers import (
    Container,
    failure_reports,
    of_services,
    project_containers,
    with_last_exit,
)
from .manifest import WEB, WORKER, Manifest, Service
from .place import Place
from .probe import Target, Unready, wait_until_ready
from .problem import Problem


def web_targets(
    manifest: Manifest, place: Place, *, deadline_seconds: float | None = None
) -> list[Target]:
    """Return what the web containers must reach; those behind the edge must answer over HTTP."""
    return [
        Target(
            container,
            service.has_healthcheck,
            deadline_seconds or service.ready_deadline_seconds,
            _url(manifest, service, place, index),
        )
        for service in manifest.services
        if service.kind == WEB
        for index, container in enumerate(service.containers)
    ]


def worker_targets(manifest: Manifest) -> list[Target]:
    """Return what the workers must reach."""
    return [
        Target(container, service.has_healthcheck, service.ready_deadline_seconds)
        for service in manifest.services
        if service.kind == WORKER
        for container in service.containers
    ]


def wait_ready(call: Call, slot: str, wanted: list[Target]) -> None:
    """Wait until these containers are ready; Problem with all that is known of them when not."""
    project, names = call.paths.project(slot), [target.container for target in wanted]
    engine = call.tools.engine
    known = [one.id for one in of_services(project_containers(engine, project), names)]

    def inspect() -> list[Container]:
        found = (engine.inspect(container) for container in known)
        return [with_last_exit(engine, Container.from_inspect(item)) for item in found if item]

    tools = call.tools
    unready = wait_until_ready(wanted, inspect=inspect, clock=tools.clock, http_get=tools.http_get)
    if unready:
        raise _never_ready(call, project, inspect(), unready)


def is_serving(call: Call, slot: str, wanted: list[Target]) -> bool:
    """Say whether these containers are ready right now; a restart in the past is no matter."""
    found = project_containers(call.tools.engine, call.paths.project(slot))
    running = {one.service for one in found if one.is_running and one.health in ("", "healthy")}
    return all(target.container in running for target in wanted)


def _never_ready(
    call: Call, project: str, containers: list[Container], unready: list[Unready]
) -> Problem:
    first = next((one for one in unready if one.is_final), unready[0])
    failed = of_services(containers, [one.container for one in unready])
    return Problem(
        f"{project}/{first.container}",
        f"not ready after {first.seconds:.1f} s: {first.found}",
        "running, healthy, and a 2xx answer where the edge asks",
        "./invoke status, then mend the application and deploy again",
        details={"containers": failure_reports(call.tools.engine, failed)},
    )


def _url(
    manifest: Manifest, service: Service, place: Place, index: int
) -> tuple[str, int, str] | None:
    if manifest.http is None or service.name != manifest.http.service:
        return None
    return place.address, place.ports[service.name][place.slot][index], manifest.http.ready
