"""When a slot serves nobody any more: no established connection enters its web containers."""

from __future__ import annotations

from collections.abc import Iterable

from .clock import Clock
from .containers import Container
from .listening import ESTABLISHED, Socket, Sockets, is_loopback

SAMPLE_GAP_SECONDS = 0.1


def inbound(containers: Iterable[Container], *, sockets_of: Sockets) -> dict[str, int]:
    """Return how many connections from outside enter each container's published ports.

    They are counted in the container's own network namespace, since the host's does not show
    them. A container's own checks (loopback) and its neighbours in the slot do not count: a slot
    that only talks to itself serves nobody.
    """
    everyone = list(containers)
    neighbours = {address for one in everyone for address in one.addresses}
    counts: dict[str, int] = {}
    for one in everyone:
        if one.is_running and one.ports:
            found = (s for s in sockets_of(one.pid) if _enters(s, one.ports, neighbours))
            counts[one.name] = sum(1 for _ in found)
    return {name: count for name, count in counts.items() if count}


def is_drained(containers: list[Container], clock: Clock, *, sockets_of: Sockets) -> bool:
    """Say whether two samples, a tenth of a second apart, both saw no connection."""
    if inbound(containers, sockets_of=sockets_of):
        return False
    clock.sleep(SAMPLE_GAP_SECONDS)
    return not inbound(containers, sockets_of=sockets_of)


def wait_until_drained(
    containers: list[Container], clock: Clock, *, seconds: float, sockets_of: Sockets
) -> dict[str, int]:
    """Wait at most `seconds` until nobody is connected; return who still is, by container."""
    deadline = clock.monotonic() + seconds
    while not is_drained(containers, clock, sockets_of=sockets_of):
        if clock.monotonic() >= deadline:
            return inbound(containers, sockets_of=sockets_of)
        clock.sleep(SAMPLE_GAP_SECONDS)
    return {}


def _enters(socket: Socket, ports: tuple[int, ...], neighbours: set[str]) -> bool:
    return (
        socket.state == ESTABLISHED
        and socket.local_port in ports
        and socket.remote not in neighbours
        and not is_loopback(socket.remote)
    )
