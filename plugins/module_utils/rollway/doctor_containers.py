"""Containers and networks that no record accounts for; what may serve is only named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .ailment import Ailment, Told
from .call import Call
from .containers import Container, project_containers
from .drain import is_drained
from .engine import PROJECT_LABEL
from .names import ACCESSORIES, JOBS, SLOTS
from .seen import APP_LABEL, Seen, seen_in
from .singletons import may_run
from .slot import remove_project
from .state import EMPTY, STOPPED, State

UNTOLD = "./invoke doctor --fix, once every edge answers"
TEMPORARY = re.compile(r"[0-9a-f]{12}_(.+)")  # Compose's, while it replaces a container


def container_ailments(call: Call, state: State, told: Told) -> Iterator[Ailment]:
    """Look at the slots, the accessories, and what carries the application's label elsewhere."""
    for slot in SLOTS:
        if state.slots[slot].state == EMPTY:
            yield from _empty_slot(call, slot, told)
        else:
            is_up = slot == state.active and state.slots[slot].state != STOPPED
            yield from _project(call, slot, state, completes=is_up)
    yield from _project(call, ACCESSORIES, state, completes=True)
    yield from _strays(call)


def _empty_slot(call: Call, slot: str, told: Told) -> Iterator[Ailment]:
    project = call.paths.project(slot)
    engine = call.tools.engine
    found = project_containers(engine, project)
    networks = engine.networks(project)
    if not found and not networks:
        return
    if not found:
        words = f"{len(networks)} networks of a slot that is recorded as empty"
        yield Ailment("network", project, words, "removes them", mend=_remover(call, project))
        return
    names = ", ".join(one.name for one in found)
    words = f"recorded as empty, and {names} stand there"
    if slot in told.serves or _serves(call, found):
        following = f"./invoke drift; docker ps --filter=label={PROJECT_LABEL}={project}"
        yield Ailment("slot", project, f"{words}, and requests go there", "", following)
        return
    if not told.is_whole:  # one that is silent may send requests there, and none just now
        words = f"{words}, and not every edge says where it sends requests"
        yield Ailment("slot", project, words, "", UNTOLD)
        return
    yield Ailment("slot", project, words, "stops and removes them", mend=_remover(call, project))


def _serves(call: Call, containers: list[Container]) -> bool:
    running = [one for one in containers if one.is_running]
    tools = call.tools
    return bool(running) and not is_drained(running, tools.clock, sockets_of=tools.sockets_of)


def _remover(call: Call, project: str) -> Callable[[], None]:
    return lambda: remove_project(call, project, keeps_volumes=True)


def _away(call: Call, name: str) -> Callable[[], None]:
    """Remove a container and keep its volumes, which may hold the only copy of something."""

    def mend() -> None:
        call.fence()
        call.tools.engine.remove(name, keeps_volumes=True)

    return mend


def _project(call: Call, key: str, state: State, *, completes: bool) -> Iterator[Ailment]:
    """What stands still in a project that is in use: Compose's leftovers, and other releases'."""
    seen = seen_in(call, key)
    release = state.slots[key].release if key in SLOTS else None
    names = {one.name for one in seen}
    for one in seen:
        temporary = TEMPORARY.fullmatch(one.name)
        if temporary:
            own = temporary[1]
            may_start = completes and may_run(call, state, release, one.kind)
            yield _temporary(call, one, own, is_alone=own not in names and may_start)
        elif release and one.release != release and one.state != "running":
            words = f"{one.state}, made for {one.release or 'no release'}, which is not in {key}"
            yield Ailment("container", one.name, words, "removes it", mend=_away(call, one.name))


def _temporary(call: Call, one: Seen, own: str, *, is_alone: bool) -> Ailment:
    if one.state == "running":
        words = f"runs under a name that Compose gave it while it replaced {own}"
        following = f"docker rename {one.name} {own}, once nothing else has that name"
        return Ailment("container", one.name, words, "", following)
    if not is_alone:
        words = f"left by Compose, which was to replace {own} by it"
        return Ailment("container", one.name, words, "removes it", mend=_away(call, one.name))
    words = f"left by Compose, which had removed {own} to replace it by this"

    def complete() -> None:
        call.fence()
        call.tools.engine.rename(one.name, own)
        call.fence()
        call.tools.engine.start(own)

    return Ailment("container", one.name, words, f"starts it as {own}", mend=complete)


def _strays(call: Call) -> Iterator[Ailment]:
    """Containers of the application in no project of its own."""
    ours = {call.paths.project(key) for key in (*SLOTS, ACCESSORIES, JOBS)}
    for item in call.tools.engine.containers():
        labels = item.get("Labels") or {}
        project = labels.get(PROJECT_LABEL, "")
        if labels.get(APP_LABEL) != call.paths.app or project in ours:
            continue
        name = item["Names"][0].lstrip("/")
        words = f"{item['State']}, in {project or 'no project'}: none of this application's slots"
        if item["State"] == "running":
            yield Ailment("container", name, words, "", f"docker rm --force {name}")
        else:
            yield Ailment("container", name, words, "removes it", mend=_away(call, name))
