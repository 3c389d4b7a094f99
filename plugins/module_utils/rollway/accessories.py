"""Accessories: databases and caches of an application, touched only when they changed."""

from __future__ import annotations

from dataclasses import replace

from . import compose
from .accessory_work import Work
from .adopted import ACCESSORY
from .adoption import has_plain, lend_accessories, return_accessories, start_plain, stop_plain
from .call import Call
from .containers import (
    SERVICE_LABEL,
    Container,
    failure_reports,
    of_services,
    project_containers,
)
from .definition import networks_in
from .engine import PROJECT_LABEL, Json
from .files import write_atomic
from .manifest import Manifest
from .names import ACCESSORIES
from .networks import Member, all_back_if_it_fails, let_in, members, take_networks_away
from .owner import APP_LABEL
from .place import Place, environment
from .plain import BUSY, is_own, meeting, name_of, real, written
from .probe import POLL_SECONDS, Target, wait_until_ready
from .problem import Problem
from .releases import accessories_file, load_manifest
from .slot import UP_SECONDS, compose_up
from .state import BAD, GOOD, State
from .volumes import make_volumes

SLOT = ACCESSORIES
DEADLINE_SECONDS = 120.0
# Two calls of Compose, each once more where the runtime trips; then all of it again, as before.
LONGEST_SECONDS = 2 * (2 * 2 * UP_SECONDS + DEADLINE_SECONDS)


def bring_up_accessories(call: Call, manifest: Manifest, place: Place) -> None:
    """Start this host's accessories, and make anew what is defined otherwise than on record."""
    wanted = manifest.accessories
    services = wanted.on(place.host) if wanted else []
    if not wanted or not services:
        return
    state = call.fence()
    work = Work.of(call, state, manifest, place)
    if not work.is_needed:
        _refresh(call, manifest, place, wanted.hash)
        return
    call.expect(LONGEST_SECONDS)  # within any step: at a run's end and in a repair, too
    with call.timed("accessories"):
        make_volumes(call, manifest)
        call.remarks += work.remarks(call.paths.project(SLOT))
        state = call.save(replace(call.fence(), accessories_unsure=tuple(sorted(work.anew))))
        _replace(call, manifest, place, work)
        _record(call, manifest, wanted.hash)


def _record(call: Call, manifest: Manifest, made: str) -> None:
    state = replace(call.fence(), accessories_hash=made, accessories_release=manifest.id)
    call.save(replace(state, accessories_unsure=()))


def _refresh(call: Call, manifest: Manifest, place: Place, made: str) -> None:
    """Nothing is touched that runs; what is on record beside it may be another release's."""
    state = call.fence()
    if state.accessories_hash != made:
        write_values(call, manifest, place)
        _record(call, manifest, made)


def as_it_serves(
    call: Call, state: State, place: Place | None, *, release: str | None, how: str
) -> State:
    """Bring accessories to what the release that serves has, after the run has come to its end.

    After a good one that is the fleet's, also on a host that failed and has another: accessories
    serve all hosts. What hinders it ends no run: drift names them.
    """
    serving = state.slots[state.active].release if state.active else None
    if place is None or serving is None or how not in (GOOD, BAD):
        return state
    wanted = release if how == GOOD else state.accessories_wanted
    try:
        manifest = load_manifest(call.paths, wanted or serving)
        if manifest.accessories and manifest.accessories.on(place.host):
            fleet = wanted if wanted != serving else None
            if fleet != state.accessories_fleet:
                state = call.save(replace(state, accessories_fleet=fleet))
            if manifest.accessories.hash != state.accessories_hash:
                bring_up_accessories(call, manifest, place)
    except (Problem, OSError) as error:
        call.remarks.append(f"{call.paths.project(SLOT)}: not as {wanted} has it: {error}")
    return call.fence()


def bring_up_early(call: Call, manifest: Manifest, place: Place, *, adopts: bool) -> None:
    """Bring them up before any slot starts: the first wave may need what stands on another host.

    Where each host has its own, and they take the place of a plain project's, they come up with
    the slot: only the first wave's hosts change theirs before the release is judged. A job may
    need one before that.
    """
    wanted = manifest.accessories
    here = wanted.on(place.host) if wanted else []
    is_apart = wanted is not None and all(len(wanted.hosts[one]) > 1 for one in here)
    if not adopts or not is_apart or manifest.jobs:
        bring_up_accessories(call, manifest, place)


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


def _replace(call: Call, manifest: Manifest, place: Place, work: Work) -> None:
    """Bring them up; whoever was in a network that goes is in it again, however that ends."""
    networks = networks_in(work.changes)
    known = members(call, call.paths.project(SLOT), networks, anew=work.anew)
    with all_back_if_it_fails(call, known):
        _replace_or_return(call, manifest, place, work, known)


def _replace_or_return(
    call: Call, manifest: Manifest, place: Place, work: Work, known: list[Member]
) -> None:
    """Those of a project that is being adopted stop before, and return if it fails.

    Both would use one volume. What was made anew and is not well is made again as it was.
    """
    stop_plain(call, ACCESSORY)
    try:
        _check_alone(call, manifest, work.services)
        _make(call, manifest, place, work, known)
        lend_accessories(call)
    except (Problem, OSError) as error:  # as where the disk is full
        if has_plain(call, ACCESSORY) and call.fence().active is None:
            return_accessories(call)
            start_plain(call, ACCESSORY)
        elif work.before and work.anew:
            _as_before(call, work, place, known, error)
        raise


def _make(call: Call, manifest: Manifest, place: Place, work: Work, known: list[Member]) -> None:
    """Bring accessories up by this release; those to be made anew whatever Compose thinks.

    On a full disk the values cannot be written: nothing has been touched then.
    """
    assert manifest.accessories is not None
    write_values(call, manifest, place)
    take_networks_away(call, call.paths.project(SLOT), networks_in(work.changes))
    for services, anew in ((sorted(work.anew), True), (work.others, False)):
        if services:
            _up(call, manifest, services, anew=anew)
    let_in(call, (one for one in known if one.is_guest))
    _wait(call, work.services, manifest.accessories.awaited)


def _as_before(call: Call, work: Work, place: Place, known: list[Member], error: Exception) -> None:
    """Make them as they were; what hinders it stands beside what went wrong."""
    before = work.before
    assert before is not None
    here = before.accessories.on(place.host) if before.accessories else []
    back = Work(
        {name: why for name, why in work.changes.items() if name in here}, before, work.anew
    )
    try:
        _make(call, before, place, back, known)
        call.save(replace(call.fence(), accessories_unsure=()))
    except (Problem, OSError) as other:
        call.remarks.append(f"{call.paths.project(SLOT)}: not as before either: {other}")
    else:
        call.remarks.append(f"{', '.join(back.services)}: as before again, after: {error}")


def _check_alone(call: Call, manifest: Manifest, services: list[str]) -> None:
    """Refuse data that another container may write to now: two would.

    Its own service says nothing: a database may have another name there.
    """
    data = _data(manifest, services)
    for item in call.tools.engine.containers():
        used = meeting(data, written(item))
        if not used or is_own(call, item) or not _is_busy(call, item):
            continue
        labels, name = item.get("Labels") or {}, name_of(item)
        project, is_same = labels.get(PROJECT_LABEL), labels.get(SERVICE_LABEL) in services
        where = ", ".join(one if one.startswith("/") else f"volume {one}" for one in used)
        found = f"{name}{f' of Compose project {project}' if project else ''} uses it"
        following = f"docker stop {name}, or other data in apps/{call.paths.app}/compose.yml"
        if project and is_same and APP_LABEL not in labels:
            following = f"./invoke adopt --app={call.paths.app} --project={project}"
        raise Problem(where, found, "a volume that no other database writes to", following)


def _is_busy(call: Call, item: Json) -> bool:
    """Say whether a listed container is at work, by the engine's second word.

    Its list is a copy, which for a moment still shows a container that has just stopped as running.
    """
    found = call.tools.engine.inspect(item["Id"]) if item["State"] in BUSY else None
    return found is not None and Container.from_inspect(found).state in BUSY


def _data(manifest: Manifest, services: list[str]) -> set[str]:
    """What accessories here may write to; an older release names its own volumes only."""
    known = manifest.accessories.data if manifest.accessories else {}
    named = {real(source) for service in services for source in known.get(service, ())}
    return named if known else {*manifest.volumes}


def _wait_for_port(call: Call, name: str, address: str, port: int) -> None:
    clock = call.tools.clock
    deadline = clock.monotonic() + DEADLINE_SECONDS
    while not call.tools.accepts(address, port):
        if clock.monotonic() >= deadline:
            found = f"nothing listens on {address} port {port} after {DEADLINE_SECONDS:.0f} s"
            raise _failed(f"{call.paths.project(SLOT)}/{name}", found)
        clock.sleep(POLL_SECONDS)


def write_values(call: Call, manifest: Manifest, place: Place) -> None:
    """Write what this host fills into the accessories' file; they belong to no slot."""
    call.fence()
    shared = replace(place, slot=SLOT, ports={})
    write_atomic(call.paths.slot_env(SLOT), environment(call, manifest, shared), mode=0o600)


def _up(call: Call, manifest: Manifest, services: list[str], *, anew: bool) -> None:
    file = accessories_file(call.paths.release(manifest.id))
    project = compose.Project(call.paths.project(SLOT), file, call.paths.slot_env(SLOT))
    done = compose_up(call, project, services, seconds=UP_SECONDS, pull="missing", anew=anew)
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


def _containers(call: Call, services: list[str]) -> list[Container]:
    found = project_containers(call.tools.engine, call.paths.project(SLOT))
    return of_services(found, services)


def _failed(where: str, found: str, containers: list[dict[str, object]] | None = None) -> Problem:
    details: dict[str, object] = {"containers": containers} if containers else {}
    accepted = "a running, healthy accessory"
    return Problem(where, found, accepted, "mend it, then deploy again", details=details)
