"""A slot's life on a host: values, start, readiness, and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from . import compose
from .call import Call
from .containers import Container, failure_reports, of_services, project_containers
from .drain import wait_until_drained
from .files import write_atomic
from .manifest import WEB, WORKER, Manifest, Service
from .names import variable_part
from .parallel import each
from .ports import Ports
from .probe import Target, Unready, wait_until_ready
from .problem import Problem
from .releases import compose_file, files_folder
from .state import Slot, State

UP_SECONDS = 120.0  # beside the deadlines of services that others wait for


@dataclass(frozen=True)
class Place:
    """Where a release is to run: a slot of this host, and what the host is called and reached by.

    `accessories` is name → address.
    """

    slot: str
    host: str
    address: str
    ports: Ports
    accessories: Mapping[str, str]


def environment(call: Call, manifest: Manifest, place: Place) -> str:
    """Return the slot's values for Compose's interpolation, as the text of its env file.

    All values are checked names, numbers, addresses and paths, so none needs quoting.
    """
    values = {
        "ROLLWAY_ADDRESS": bracketed(place.address),
        "ROLLWAY_FILES": str(files_folder(call.paths.release(manifest.id))),
        "ROLLWAY_HOST": place.host,
        "ROLLWAY_RELEASE": manifest.id,
        "ROLLWAY_SLOT": place.slot,
    }
    for service, slots in place.ports.items():
        for number, port in zip(count(1), slots[place.slot], strict=False):
            values[f"ROLLWAY_PORT_{variable_part(service)}_{number}"] = str(port)
    for name, address in place.accessories.items():
        values[f"ROLLWAY_ACCESSORY_{variable_part(name)}"] = address
    return "".join(f"{name}={value}\n" for name, value in sorted(values.items()))


def bracketed(address: str) -> str:
    """Return an address as it stands before a port: `[2001:db8::1]`, `192.0.2.1`."""
    return f"[{address}]" if ":" in address else address


def write_environment(call: Call, place: Place, text: str) -> None:
    """Write a slot's values, for root alone."""
    call.fence()
    write_atomic(call.paths.slot_env(place.slot), text, mode=0o600)


def has_environment(call: Call, slot: str, text: str) -> bool:
    """Say whether the slot was started with these values."""
    path = call.paths.slot_env(slot)
    return path.is_file() and path.read_text() == text


def bring_up(
    call: Call, manifest: Manifest, slot: str, services: list[str], *, wait_seconds: float = 0.0
) -> None:
    """Let Compose create and start these services of a slot; Problem with its words when not."""
    call.fence()
    project = compose.Project(
        call.paths.project(slot),
        compose_file(call.paths.release(manifest.id)),
        call.paths.slot_env(slot),
    )
    done = compose.up(call.tools.run, project, services, seconds=UP_SECONDS + wait_seconds)
    call.changed = True
    if not done.is_ok:
        how = "did not end in time" if done.status is None else f"exit code {done.status}"
        raise Problem(
            f"{project.name}: docker compose up",
            f"{how}: {done.last_words()}",
            "a project that starts",
            f"docker logs of {project.name} on this host, then deploy again",
        )


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
        return [Container.from_inspect(item) for item in found if item]

    unready = wait_until_ready(wanted, inspect=inspect, clock=call.tools.clock)
    if unready:
        raise _never_ready(call, project, inspect(), unready)


def is_serving(call: Call, slot: str, wanted: list[Target]) -> bool:
    """Say whether these containers are ready right now; a restart in the past is no matter."""
    found = project_containers(call.tools.engine, call.paths.project(slot))
    running = {one.service for one in found if one.is_running and one.health in ("", "healthy")}
    return all(target.container in running for target in wanted)


def drain(call: Call, slot: str, recorded: Slot, *, seconds: float) -> dict[str, int]:
    """Wait until a slot serves nobody, at most `seconds` after traffic left it.

    Returns what is still connected at the end and will be cut, by container.
    """
    left = recorded.shifted_away_at
    remaining = seconds if left is None else left.after(seconds).seconds_left(call.tools.clock)
    containers = project_containers(call.tools.engine, call.paths.project(slot))
    return wait_until_drained(containers, call.tools.clock, seconds=max(0.0, remaining))


def tear_down(call: Call, slot: str) -> None:
    """Stop and remove all that stands in a slot: containers, temporary ones too, and networks."""
    call.fence()
    remove_project(call, call.paths.project(slot))


def remove_project(call: Call, project: str) -> None:
    """Stop a project's containers at once, each with its own grace, then remove it."""
    engine = call.tools.engine
    containers = project_containers(engine, project)

    def end(one: Container) -> None:
        engine.stop(one.id, grace_seconds=one.grace_seconds)
        engine.remove(one.id)

    each(containers, end)
    networks = engine.networks(project)
    each((network["Id"] for network in networks), engine.remove_network)
    call.changed = call.changed or bool(containers or networks)


def stop_services(call: Call, slot: str, services: Iterable[str]) -> list[str]:
    """Stop containers of a slot with their grace and keep them; return which ran."""
    engine = call.tools.engine
    found = of_services(project_containers(engine, call.paths.project(slot)), services)
    running = [one for one in found if one.state in ("running", "restarting", "paused")]

    def halt(one: Container) -> None:
        if one.restart_policy == "always":  # it would be back when the engine restarts
            engine.keep_stopped(one.id)
        engine.stop(one.id, grace_seconds=one.grace_seconds)

    if running:
        call.fence()
        each(running, halt)
        call.changed = True
    return [one.name for one in running]


def start_services(call: Call, slot: str, services: Iterable[str]) -> list[str]:
    """Start containers of a slot that stand still; return which."""
    engine = call.tools.engine
    found = of_services(project_containers(engine, call.paths.project(slot)), services)
    still = [one for one in found if one.state in ("exited", "created")]
    if still:
        call.fence()
        each((one.id for one in still), engine.start)
        call.changed = True
    return [one.name for one in still]


def emptied(state: State, slot: str) -> State:
    """Return the state with nothing in `slot`."""
    return state.with_slot(slot, Slot())


def occupied(state: State, slot: str, manifest: Manifest, how: str) -> State:
    """Return the state with this release in `slot`."""
    return state.with_slot(slot, Slot(manifest.id, manifest.version, how))


def with_state(state: State, slot: str, how: str) -> State:
    """Return the state with `slot` in another state and without a deadline."""
    kept = replace(state.slots[slot], state=how, shifted_away_at=None, deadline=None)
    return state.with_slot(slot, kept)


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
