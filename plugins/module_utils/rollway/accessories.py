"""Accessories: databases and caches of an application, touched only when they changed."""

from __future__ import annotations

from dataclasses import replace

from . import compose
from .call import Call
from .containers import Container, failure_reports, of_services, project_containers
from .files import write_atomic
from .manifest import Manifest
from .place import Place, environment
from .probe import POLL_SECONDS, Target, wait_until_ready
from .problem import Problem
from .releases import accessories_file
from .slot import UP_SECONDS, compose_up
from .volumes import make_volumes

SLOT = "accessories"
DEADLINE_SECONDS = 120.0


def bring_up_accessories(call: Call, manifest: Manifest, place: Place) -> None:
    """Start or change this host's accessories where their definition is not the recorded one."""
    wanted = manifest.accessories
    services = wanted.on(place.host) if wanted else []
    if not wanted or not services:
        return
    state = call.fence()
    if state.accessories_hash == wanted.hash and _are_running(call, services):
        return
    with call.timed("accessories"):
        make_volumes(call, manifest)
        _up(call, manifest, place, services)
        _wait(call, services, wanted.awaited)
        state = replace(call.fence(), accessories_hash=wanted.hash)
        call.save(replace(state, accessories_release=manifest.id))


def wait_for_accessories(call: Call, manifest: Manifest, place: Place) -> None:
    """Wait until the accessories on other hosts accept connections; those hosts start them."""
    wanted = manifest.accessories
    if wanted is None:
        return
    reached = {**wanted.reached_from(place.host), **place.accessories}
    for name in sorted(set(reached) - set(wanted.on(place.host))):
        if name in wanted.ports:
            with call.timed("accessories"):
                _wait_for_port(call, name, reached[name], wanted.ports[name])


def _wait_for_port(call: Call, name: str, address: str, port: int) -> None:
    clock = call.tools.clock
    deadline = clock.monotonic() + DEADLINE_SECONDS
    while not call.tools.accepts(address, port):
        if clock.monotonic() >= deadline:
            found = f"nothing listens on {address} port {port} after {DEADLINE_SECONDS:.0f} s"
            raise _failed(f"{call.paths.project(SLOT)}/{name}", found)
        clock.sleep(POLL_SECONDS)


def _up(call: Call, manifest: Manifest, place: Place, services: list[str]) -> None:
    call.fence()
    env_file = call.paths.slot_env(SLOT)
    shared = replace(place, ports={})  # an accessory belongs to no slot
    write_atomic(env_file, environment(call, manifest, shared), mode=0o600)
    file = accessories_file(call.paths.release(manifest.id))
    project = compose.Project(call.paths.project(SLOT), file, env_file)
    done = compose_up(call, project, services, seconds=UP_SECONDS, pull="missing")
    if not done.is_ok:
        raise _failed(project.name, f"docker compose up: {done.last_words()}")


def _wait(call: Call, services: list[str], awaited: frozenset[str]) -> None:
    def inspect() -> list[Container]:
        return _containers(call, services)

    targets = [
        Target(service, has_healthcheck=service in awaited, deadline_seconds=DEADLINE_SECONDS)
        for service in services
    ]
    tools = call.tools
    unready = wait_until_ready(targets, inspect=inspect, clock=tools.clock, http_get=tools.http_get)
    if unready:
        project = call.paths.project(SLOT)
        first = unready[0]
        reports = failure_reports(call.tools.engine, inspect())
        raise _failed(
            f"{project}/{first.container}",
            f"not ready after {first.seconds:.1f} s: {first.found}",
            reports,
        )


def _are_running(call: Call, services: list[str]) -> bool:
    found = {one.service for one in _containers(call, services) if one.is_running}
    return found == set(services)


def _containers(call: Call, services: list[str]) -> list[Container]:
    found = project_containers(call.tools.engine, call.paths.project(SLOT))
    return of_services(found, services)


def _failed(where: str, found: str, containers: list[dict[str, object]] | None = None) -> Problem:
    details: dict[str, object] = {"containers": containers} if containers else {}
    accepted = "a running, healthy accessory"
    return Problem(where, found, accepted, "mend it, then deploy again", details=details)
