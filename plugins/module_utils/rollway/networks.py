"""Networks of a Compose project: taken away when their definition changed, and compared.

Compose up to 2.26 takes a network that exists as it is, whatever its file says by now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .call import Call
from .containers import SERVICE_LABEL
from .engine import PROJECT_LABEL, EngineProblem, Json

NETWORK_LABEL = "com.docker.compose.network"


@dataclass(frozen=True)
class Member:
    """A container in a network; a guest is one that nobody makes anew with the network."""

    network: str
    container: str
    aliases: tuple[str, ...]
    is_guest: bool


def key_of(project: str, network: Json) -> str:
    """Return what the project's file calls a network."""
    labelled = (network.get("Labels") or {}).get(NETWORK_LABEL)
    return str(labelled or str(network["Name"]).removeprefix(f"{project}_"))


def members(
    call: Call, project: str, keys: Collection[str], *, anew: Collection[str]
) -> list[Member]:
    """Return who is in networks of a project, before anything is done to these.

    `anew` are the services that are made anew with them: all else is a guest, as a container of
    another project, or one whose service was taken out of the file.
    """
    going = {str(one["Name"]) for one in _networks(call, project, keys)}
    if not going:
        return []
    return [
        _member(call, network, item["Id"], is_guest=not _is_of(item, project, anew))
        for item in call.tools.engine.containers()
        for network in _inside(item)
        if network in going
    ]


def take_networks_away(call: Call, project: str, keys: Collection[str]) -> None:
    """Remove networks of a project; whoever is in them leaves first.

    They are to be made anew, or let in again, at once: without a network they stand alone.
    """
    engine = call.tools.engine
    going = _networks(call, project, keys)
    for network in going:
        _empty(call, str(network["Name"]))
    for network in going:
        call.fence()
        engine.remove_network(network["Id"])
        call.changed = True


def let_in(call: Call, known: Iterable[Member]) -> None:
    """Let them back into networks that they left; one that cannot come back is told of.

    One that is in it again stays, and one that is gone was replaced or removed.
    """
    for one in known:
        found = call.tools.engine.inspect(one.container)
        if found is None or one.network in _inside(found):
            continue
        call.fence()
        try:
            call.tools.engine.connect(one.network, one.container, one.aliases)
        except EngineProblem as problem:
            words = f"it left network {one.network}, which was made anew: {problem.data['found']}"
            remark = f"container {one.container[:12]}: {words}"
            call.remarks += [] if remark in call.remarks else [remark]


@contextmanager
def all_back_if_it_fails(call: Call, known: Collection[Member]) -> Iterator[None]:
    """Let all back in that are still there, where the block does not come to its end."""
    try:
        yield
    except BaseException:
        let_in(call, known)
        raise


def _networks(call: Call, project: str, keys: Collection[str]) -> list[Json]:
    if not keys:
        return []
    return [one for one in call.tools.engine.networks(project) if key_of(project, one) in keys]


def _empty(call: Call, network: str) -> None:
    engine = call.tools.engine
    for item in engine.containers():
        if network in _inside(item):
            call.fence()
            engine.disconnect(network, item["Id"])


def _inside(item: Json) -> list[str]:
    return list((item.get("NetworkSettings") or {}).get("Networks") or {})


def _is_of(item: Json, project: str, services: Collection[str]) -> bool:
    labels = item.get("Labels") or {}
    return labels.get(PROJECT_LABEL) == project and labels.get(SERVICE_LABEL) in services


def _member(call: Call, network: str, container: str, *, is_guest: bool) -> Member:
    found = call.tools.engine.inspect(container) or {}
    inside = ((found.get("NetworkSettings") or {}).get("Networks") or {}).get(network) or {}
    return Member(network, container, tuple(inside.get("Aliases") or ()), is_guest)
