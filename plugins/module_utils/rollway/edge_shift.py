"""Which run-time commands bring a backend's servers from what they do to what they should do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .edge_model import MAINT, READY, Server
from .haproxy_state import Running
from .problem import Problem


@dataclass(frozen=True)
class Shift:
    """Commands in the order they must be given, and the servers whose state or weight they set."""

    entering: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()

    @property
    def commands(self) -> list[str]:
        """Those that bring servers in come first: at no moment is none ready."""
        return [*self.entering, *self.leaving]


def plan_shift(
    backend: str,
    servers: Sequence[Server],
    running: Mapping[str, Running],
    *,
    silent: Collection[str] = (),
) -> Shift:
    """Only what differs. `silent` servers enter as DOWN: their own checks call them UP."""
    entering: list[str] = []
    leaving: list[str] = []
    moved: list[str] = []
    for server in servers:
        now = running.get(server.name)
        target = f"set server {backend}/{server.name}"
        weights = _weight(target, server, now)
        ins = _enter(target, server, now, is_silent=server.name in silent)
        outs = _leave(target, server, now)
        entering += [*weights, *ins]
        leaving += outs
        moved += [server.name] if weights or ins or outs else []
    return Shift(tuple(entering), tuple(leaving), tuple(moved))


def down_commands(backend: str, names: Iterable[str]) -> list[str]:
    """Make servers ready that are DOWN: a plain `ready` would show them UP until its checks fail.

    The health of a server in maint cannot be set, hence the way over `drain`.
    """
    return [command for name in names for command in _as_down(f"set server {backend}/{name}")]


def entering(servers: Iterable[Server], running: Mapping[str, Running]) -> list[Server]:
    """The servers that will get requests and do not yet."""
    return [
        server
        for server in servers
        if server.is_ready and not (server.name in running and running[server.name].is_ready)
    ]


def check_light(
    backend: str, servers: Sequence[Server], running: Mapping[str, Running], silent: Collection[str]
) -> None:
    """Problem when servers serve now and none would after the shift, although some should."""
    should = [server for server in servers if server.is_ready and server.weight > 0]
    will = [server for server in should if _will_serve(server, running, silent)]
    if should and not will and any(one.is_serving for one in running.values()):
        raise Problem(
            f"{backend}/servers",
            f"none of {', '.join(server.name for server in should)} answers",
            "one that answers before those that serve now leave",
            "./invoke status",
        )


def misplaced(servers: Iterable[Server], running: Mapping[str, Running]) -> list[str]:
    """What each server that is not as it should be does instead, in words."""
    found = []
    for server in servers:
        now = running.get(server.name)
        have = f"{now.admin} with weight {now.weight}" if now else "not there"
        need = f"{server.state} with weight {server.weight}"
        if have != need:
            found.append(f"{server.name} is {have} instead of {need}")
    return found


def as_running(
    servers: Iterable[Server], running: Mapping[str, Running], *, absent: str = MAINT
) -> tuple[Server, ...]:
    """The servers with the states and weights they have now; `absent` for those not there."""
    return tuple(_as_running(server, running.get(server.name), absent) for server in servers)


def same_places(servers: Iterable[Server], running: Mapping[str, Running]) -> bool:
    """Whether exactly these servers run, each at its address."""
    wanted = {server.name: (server.address, server.port) for server in servers}
    return wanted == {name: (one.address, one.port) for name, one in running.items()}


def _as_running(server: Server, now: Running | None, absent: str) -> Server:
    if now is None:
        return replace(server, state=absent)
    return replace(server, state=READY if now.is_ready else MAINT, weight=now.weight)


def _weight(target: str, server: Server, now: Running | None) -> list[str]:
    has_it = now is None or now.weight == server.weight  # a new one starts with what its file says
    return [] if has_it else [f"{target} weight {server.weight}"]


def _enter(target: str, server: Server, now: Running | None, *, is_silent: bool) -> list[str]:
    if not server.is_ready or (now is not None and now.is_ready):
        return []
    return _as_down(target) if is_silent else [f"{target} state ready"]


def _leave(target: str, server: Server, now: Running | None) -> list[str]:
    is_out = now is None or now.admin == MAINT
    return [] if server.is_ready or is_out else [f"{target} state maint"]


def _as_down(target: str) -> list[str]:
    return [f"{target} {order}" for order in ("state drain", "health down", "state ready")]


def _will_serve(server: Server, running: Mapping[str, Running], silent: Collection[str]) -> bool:
    now = running.get(server.name)
    if now is not None and now.is_ready:
        return now.operation == "up"
    return server.name not in silent
