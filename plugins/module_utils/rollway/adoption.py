"""A release takes the place of a plain Compose project: what stops, when, and how it comes back.

Web containers go on until the run is good. Accessories cannot run twice on their volumes, nor
workers beside their like: they stop for those of the release, and return when the run goes back.
Whatever happens, no volume and no image of the project is removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from .adopted import ACCESSORY, GONE, JOB, Adopted, Taken, read_adopted, write_adopted
from .call import Call
from .containers import Container, project_containers
from .engine import EngineProblem, Json
from .leave import drain_seconds_of
from .manifest import WEB, WORKER, Manifest
from .names import ACCESSORIES, SLOTS, project_name
from .parallel import each
from .plain import BUSY
from .problem import Problem
from .slot import drain, emptied, remove_project, start_one, tear_down
from .state import EMPTY, State
from .timer import disarm

KINDS = (ACCESSORY, WEB, WORKER, JOB, GONE)
NEVER = {"Name": "no"}  # not even when the engine restarts
_NO_NAMES = ("host", "none", "bridge")  # networks in which containers have no names


def note_plain(
    call: Call,
    manifest: Manifest,
    asked: Mapping[str, Any],
    *,
    host: str = "",
    is_taken: bool = False,
) -> None:
    """Record the project's containers before any of them stops; those on record stay as they were.

    A run that was killed may have stopped some already: what they did before counts, while the
    release may be another one by now. Where the place is taken for good, what stays is as before
    until a run about the project is good (`is_taken`).
    """
    project, engine = project_name(asked["project"]), call.tools.engine
    known = read_adopted(call.paths)
    if known and known.project != project:
        raise _other_project(call, known)
    before = {one.id: one for one in known.containers} if known else {}
    found = (engine.inspect(item["Id"]) for item in engine.containers(project))
    taken = [_taken(one, manifest, host, before.get(one["Id"])) for one in found if one]
    was_taken = bool(known and known.taken)
    keeps = known.keeps_web if known and was_taken and not is_taken else bool(asked.get("keep"))
    named = tuple(sorted(taken, key=lambda one: one.name))
    record = Adopted(project, keeps, named, manifest.id, is_taken or was_taken)
    if record != known and (taken or known):
        write_adopted(call, record)


def take_place(call: Call, asked: Mapping[str, Any], release: str) -> None:
    """Record that the project's place is taken for good, before the host says that it serves.

    So do a run about the project and one that a person has decided for the same release by.
    """
    known = read_adopted(call.paths)
    if known and not known.taken and (asked.get("project") or known.release == release):
        write_adopted(call, replace(known, taken=True))


def is_taken(call: Call) -> bool:
    """Say whether a release has the place for good: then nothing of the project starts again."""
    known = read_adopted(call.paths)
    return known is not None and known.taken


def plain_at_work(call: Call, *kinds: str) -> list[Container]:
    """Return the project's containers of these kinds that run."""
    return [found for _, found in _still_here(call, kinds) if found.state in BUSY]


def has_plain(call: Call, *kinds: str) -> bool:
    """Say whether the project has containers of these kinds, running or not."""
    return bool(_still_here(call, kinds))


def stop_plain(call: Call, *kinds: str) -> list[str]:
    """Stop containers of these kinds with their grace, for good until they are started again."""
    running = plain_at_work(call, *kinds)

    def halt(one: Container) -> None:
        call.fence()
        call.tools.engine.set_restart(one.id, NEVER)
        call.fence()
        call.tools.engine.stop(one.id, grace_seconds=one.grace_seconds)

    each(running, halt)
    call.changed = call.changed or bool(running)
    return [one.name for one in running]


def start_plain(call: Call, *kinds: str) -> list[str]:
    """Start the very containers that ran before, with the restart policy that they had."""
    before = [(one, found) for one, found in _still_here(call, kinds) if one.ran]
    still = [found for _, found in before if found.state not in BUSY]

    def start(one: Container) -> None:
        start_one(call, one)

    for taken, found in before:
        if found.restart_policy != taken.restart.get("Name"):
            call.fence()
            call.tools.engine.set_restart(found.id, taken.restart)
    each(still, start)
    call.changed = call.changed or bool(still)
    return [one.name for one in still]


def lend_accessories(call: Call) -> None:
    """Let what stays of the project reach the release's accessories under their old names."""
    engine = call.tools.engine
    ours = {one.service: one for one in project_containers(engine, call.paths.project(ACCESSORIES))}
    for taken, _ in _still_here(call, [ACCESSORY]):
        mine = ours.get(taken.service)
        old, new = engine.inspect(taken.id), engine.inspect(mine.id) if mine else None
        if not old or not new:
            continue
        for network, how in _networks(old).items():
            if network not in (*_NO_NAMES, *_networks(new)):
                call.fence()
                aliases = sorted({taken.service, taken.name, *(how.get("Aliases") or ())})
                engine.connect(network, new["Id"], aliases)


def empty_slots(call: Call, state: State) -> State:
    """Return the state without what came up beside the project: it drains first, then it goes.

    The accessories that it still uses go after it. A singleton was in one of the slots, if it was
    here.
    """
    for slot in SLOTS:
        recorded = state.slots[slot]
        if recorded.state != EMPTY:
            call.fence()
            disarm(call.tools.run, call.paths.app, slot)
            with call.timed("drain"):
                drain(call, slot, recorded, seconds=drain_seconds_of(call, recorded))
            tear_down(call, slot)
            state = emptied(state, slot)
    return replace(state, singletons=())


def give_back(call: Call, state: State) -> tuple[State, list[str]]:
    """Let the project run as it did; return the state, and which containers started.

    Where a release served before this run, its accessories stay, and the project's stay stopped:
    both would use one volume. Where one has the place for good, nothing of the project starts.
    """
    known = read_adopted(call.paths)
    if known is None or (known.taken and state.active is not None):
        return state, []
    if state.active is not None:
        started = start_plain(call, WORKER)
        _forget(call, known, but=[WEB] if known.keeps_web else [])
        return state, started
    started = bring_back(call)
    if state.accessories_hash is not None:
        state = call.save(replace(state, accessories_hash=None, accessories_release=None))
    _forget(call, known)
    return state, started


def bring_back(call: Call) -> list[str]:
    """Let the whole project run as it did, and write nothing: the disk may be full."""
    if has_plain(call, ACCESSORY):
        return_accessories(call)
    started = start_plain(call, ACCESSORY)
    return started + start_plain(call, *(kind for kind in KINDS if kind != ACCESSORY))


def return_accessories(call: Call) -> None:
    """Take the release's accessories away, whose volumes the project's have used; those stay."""
    remove_project(call, call.paths.project(ACCESSORIES), keeps_volumes=True)


def retire(call: Call, *, keeps_web: bool) -> dict[str, list[str]]:
    """Stop and remove the project's containers, and its networks with the last one.

    Web containers stay where that is asked; the record then names them for the next run.
    """
    known = read_adopted(call.paths)
    if known is None:
        return {}
    stays = [WEB] if keeps_web else []
    leaving = [found for one, found in _still_here(call, KINDS) if one.kind not in stays]

    def end(one: Container) -> None:
        call.fence()
        call.tools.engine.stop(one.id, grace_seconds=one.grace_seconds)
        call.fence()
        call.tools.engine.remove(one.id, keeps_volumes=True)

    each(leaving, end)
    kept = [one for one, _ in _still_here(call, stays)]
    write_adopted(call, replace(known, keeps_web=keeps_web, containers=tuple(kept)))
    is_gone = not project_containers(call.tools.engine, known.project)
    networks = _remove_networks(call, known.project) if is_gone else []
    stay = [one.name for one in kept] + [f"network {name}" for name in networks]
    return {"removed": [one.name for one in leaving], "kept": stay}


def _remove_networks(call: Call, project: str) -> list[str]:
    """Remove the project's networks, and return those that have to stay.

    The engine publishes a container's ports by way of its first network, by name. An accessory
    that left that one would lose its connections, so it stays in there until it is made anew.
    """
    engine, stay = call.tools.engine, []
    lent = project_containers(engine, call.paths.project(ACCESSORIES))
    for network in engine.networks(project):
        name = str(network["Name"])
        inside = {one.id: _networks(engine.inspect(one.id) or {}) for one in lent}
        users = {container: nets for container, nets in inside.items() if name in nets}
        if any(name == min(nets) for nets in users.values()):
            stay.append(name)
            continue
        for container in users:
            call.fence()
            engine.disconnect(network["Id"], container)
        call.fence()
        try:
            engine.remove_network(network["Id"])
        except EngineProblem as problem:
            if problem.status != HTTPStatus.FORBIDDEN:  # a container of another project is in it
                raise
            stay.append(name)
    return stay


def _forget(call: Call, known: Adopted, *, but: Iterable[str] = ()) -> None:
    kept = tuple(one for one in known.containers if one.kind in but)
    write_adopted(call, replace(known, containers=kept))


def _still_here(call: Call, kinds: Iterable[str]) -> list[tuple[Taken, Container]]:
    known, wanted = read_adopted(call.paths), set(kinds)
    taken = [one for one in known.containers if one.kind in wanted] if known else []
    found = ((one, call.tools.engine.inspect(one.id)) for one in taken)
    return [(one, Container.from_inspect(item)) for one, item in found if item]


def _taken(found: Json, manifest: Manifest, host: str, before: Taken | None) -> Taken:
    one = Container.from_inspect(found)
    kind = _kind(manifest, one.service, host)
    if before:
        return replace(before, kind=kind)
    policy = found["HostConfig"].get("RestartPolicy") or {"Name": "no"}
    return Taken(one.id, one.name, one.service, kind, one.state in BUSY, dict(policy))


def _kind(manifest: Manifest, service: str, host: str) -> str:
    """What a service of the project is in the release, on this host."""
    for one in manifest.services:
        if one.name == service:
            return one.kind
    if manifest.accessories and service in manifest.accessories.on(host):
        return ACCESSORY
    return JOB if any(job.name == service for job in manifest.jobs) else GONE


def _networks(found: Json) -> dict[str, Json]:
    return dict((found.get("NetworkSettings") or {}).get("Networks") or {})


def _other_project(call: Call, known: Adopted) -> Problem:
    return Problem(
        str(call.paths.adopted),
        f"project {known.project} is being adopted",
        "one project at a time",
        f"./invoke adopt --project={known.project}, or ./invoke abort",
    )
