"""Networks of a Compose project: taken away when their definition changed, and compared.

Compose up to 2.26 takes a network that exists as it is, whatever its file says by now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .call import Call
from .engine import PROJECT_LABEL, EngineProblem, Json

NETWORK_LABEL = "com.docker.compose.network"


@dataclass(frozen=True)
class Guest:
    """A container of another project that somebody let into a network."""

    network: str
    container: str
    aliases: tuple[str, ...]


def key_of(project: str, network: Json) -> str:
    """Return what the project's file calls a network."""
    labelled = (network.get("Labels") or {}).get(NETWORK_LABEL)
    return str(labelled or str(network["Name"]).removeprefix(f"{project}_"))


def take_networks_away(call: Call, project: str, keys: Collection[str]) -> list[Guest]:
    """Remove networks of a project; whoever is in them leaves first. Return the guests they had.

    The project's own containers are to be made anew at once: without a network they stand alone.
    """
    engine = call.tools.engine
    going = [one for one in engine.networks(project) if key_of(project, one) in keys]
    guests = [guest for one in going for guest in _leave(call, project, str(one["Name"]))]
    for network in going:
        call.fence()
        engine.remove_network(network["Id"])
        call.changed = True
    return guests


def let_in(call: Call, guests: Iterable[Guest]) -> None:
    """Let guests back into networks that were made anew; one that cannot come back is told of."""
    for guest in guests:
        call.fence()
        try:
            call.tools.engine.connect(guest.network, guest.container, guest.aliases)
        except EngineProblem as problem:
            words = f"it left network {guest.network}, which was made anew: {problem.data['found']}"
            call.remarks.append(f"container {guest.container[:12]}: {words}")


def _leave(call: Call, project: str, network: str) -> list[Guest]:
    engine, guests = call.tools.engine, []
    for item in engine.containers():
        inside = ((item.get("NetworkSettings") or {}).get("Networks") or {}).keys()
        if network not in inside:
            continue
        if (item.get("Labels") or {}).get(PROJECT_LABEL) != project:
            guests.append(_guest(call, network, item["Id"]))
        call.fence()
        engine.disconnect(network, item["Id"])
    return guests


def _guest(call: Call, network: str, container: str) -> Guest:
    found = call.tools.engine.inspect(container) or {}
    inside = ((found.get("NetworkSettings") or {}).get("Networks") or {}).get(network) or {}
    return Guest(network, container, tuple(inside.get("Aliases") or ()))
