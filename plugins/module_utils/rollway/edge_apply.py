"""Brings an application at the edge to what is asked for: topology first, then traffic."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from . import edge_store
from .edge_config import (
    MAINT,
    READY,
    SPARE_SECONDS,
    Backend,
    Server,
    backend_name,
    render,
    render_map,
    topology,
)
from .edge_probe import probe_all
from .edge_reload import Haproxy, replace_files
from .edge_store import Paths
from .files import exclusive, write_atomic
from .haproxy_socket import current_pid, tell, workers
from .haproxy_state import ServerState, read_states
from .problem import Problem

_NOT_THERE_BEFORE = "maint"


@dataclass
class Edge:
    """One HAProxy and what is known of it; `timings` are seconds by phase."""

    paths: Paths
    haproxy: Haproxy
    check: bool = False
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Measure a phase."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.timings[phase] = round(time.monotonic() - start, 4)


@dataclass(frozen=True)
class Wish:
    """The complete desired state of one application."""

    backend: Backend
    servers: Sequence[Server]
    probe: Sequence[str] = ()
    probe_seconds: float = 2.0
    run: str = ""


@dataclass(frozen=True)
class Applied:
    """What an apply did: `shifted` are the servers whose state changed."""

    changed: bool
    reloaded: bool
    shifted: list[str]
    before: str
    after: str
    commands: list[str]


def apply(edge: Edge, wish: Wish) -> Applied:
    """Probe, shift by run-time commands, write, read back; reload first if topology differs."""
    _check_drain(edge, wish.backend)
    edge.paths.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with exclusive(edge.paths.mutex):
        return _apply(edge, wish)


def _apply(edge: Edge, wish: Wish) -> Applied:
    path = edge.paths.fragment(wish.backend.app)
    before = path.read_text() if path.exists() else ""
    after = render(wish.backend, wish.servers)
    with edge.timed("read"):
        states = read_states(edge.haproxy.admin, wish.backend.name)
    files = _topology_files(edge, wish, states, before)
    commands = shift_commands(wish, {} if files else states)
    if edge.check:
        changed = bool(files or commands)
        return Applied(changed, bool(files), _names(commands), before, after, commands)
    if files:
        with edge.timed("reload"):
            replace_files(edge.paths, edge.haproxy, files)
            states = _keep_down_servers_down(edge, wish, states)
        commands = shift_commands(wish, states)
    with edge.timed("probe"):
        probe_all(_probed(wish), wish.backend, seconds=wish.probe_seconds)
    with edge.timed("shift"):
        tell(edge.haproxy.admin, commands)
    with edge.timed("write"):
        _remember(edge, wish, after, is_shift=bool(commands))
    with edge.timed("read back"):
        _read_back(edge, wish)
    changed = bool(files or commands)
    return Applied(changed, bool(files), _names(commands), before, after, commands)


def _topology_files(
    edge: Edge, wish: Wish, states: Mapping[str, ServerState], before: str
) -> dict[Any, str | None]:
    """The files a reload needs, with today's states: traffic moves afterwards, not by a reload."""
    now = [_as_it_is(server, states) for server in wish.servers]
    down = [name for name, state in states.items() if state.operation == "down"]
    candidate = render(wish.backend, now, disabled=down)
    others = edge_store.routes(edge.paths, but=wish.backend.app)
    _check_routes(wish.backend, others)
    mapped = render_map({**others, wish.backend.app: wish.backend.keys})
    known = edge.paths.map.read_text() if edge.paths.map.exists() else ""
    is_running = set(states) == {server.name for server in wish.servers}
    if topology(candidate) == topology(before) and mapped == known and is_running:
        return {}
    return {edge.paths.fragment(wish.backend.app): candidate, edge.paths.map: mapped}


def _as_it_is(server: Server, states: Mapping[str, ServerState]) -> Server:
    state = states.get(server.name)
    is_ready = state is not None and state.admin == READY
    weight = state.weight if state else server.weight
    return replace(server, state=READY if is_ready else MAINT, weight=weight)


def _keep_down_servers_down(
    edge: Edge, wish: Wish, before: Mapping[str, ServerState]
) -> dict[str, ServerState]:
    """A server that was down is in maint after the reload; it returns as down, to be checked."""
    known = {server.name for server in wish.servers}
    down = [
        name
        for name, state in before.items()
        if state.operation == "down" and state.admin == READY and name in known
    ]
    for name in down:
        server = f"{wish.backend.name}/{name}"
        steps = ("state drain", "health down", "state ready")
        tell(edge.haproxy.admin, [";".join(f"set server {server} {step}" for step in steps)])
    return read_states(edge.haproxy.admin, wish.backend.name)


def shift_commands(wish: Wish, states: Mapping[str, ServerState]) -> list[str]:
    """The run-time commands that are missing: those that bring servers in come first."""
    entering: list[str] = []
    leaving: list[str] = []
    for server in wish.servers:
        state = states.get(server.name)
        admin = state.admin if state else _NOT_THERE_BEFORE
        name = f"{wish.backend.name}/{server.name}"
        if state is None or state.weight != server.weight:
            entering.append(f"set server {name} weight {server.weight}")
        if server.state == READY and admin != READY:
            entering.append(f"set server {name} state ready")
        if server.state == MAINT and admin != MAINT:
            leaving.append(f"set server {name} state maint")
    return [*entering, *leaving]


def _names(commands: Sequence[str]) -> list[str]:
    moved = [one.split()[2].split("/")[1] for one in commands if " state " in one]
    return sorted(set(moved))


def _probed(wish: Wish) -> list[Server]:
    servers = {server.name: server for server in wish.servers}
    unknown = [name for name in wish.probe if name not in servers]
    if unknown:
        raise Problem("probe", f"{', '.join(unknown)} is no server", ", ".join(servers))
    return [servers[name] for name in wish.probe]


def _remember(edge: Edge, wish: Wish, text: str, *, is_shift: bool) -> None:
    path = edge.paths.fragment(wish.backend.app)
    if not path.exists() or path.read_text() != text:
        write_atomic(path, text)
    if is_shift or not edge.paths.record(wish.backend.app).exists():
        pid = current_pid(edge.haproxy.admin)
        shift = {"run": wish.run, "time": time.time(), "pid": pid}
        edge_store.save(edge.paths, wish.backend, list(wish.servers), shift=shift)


def _read_back(edge: Edge, wish: Wish) -> None:
    states = read_states(edge.haproxy.admin, wish.backend.name)
    for server in wish.servers:
        state = states.get(server.name)
        found = (state.admin, state.weight) if state else None
        if found != (server.state, server.weight):
            raise Problem(
                f"{wish.backend.name}/{server.name}",
                f"HAProxy says {found}",
                f"{server.state} with weight {server.weight}",
                "systemctl status haproxy",
            )


def _check_drain(edge: Edge, backend: Backend) -> None:
    longest = _hard_stop_seconds(edge)
    if longest is not None and backend.drain_seconds + SPARE_SECONDS > longest:
        raise Problem(
            "x-rollway.http.drain_seconds",
            f"{backend.drain_seconds}, and an old worker is stopped after {longest} s",
            f"at most {longest - SPARE_SECONDS}",
            f"edge_hard_stop_seconds: {backend.drain_seconds + SPARE_SECONDS}, then provision",
        )


def _hard_stop_seconds(edge: Edge) -> int | None:
    text = (edge.paths.config / "haproxy.cfg").read_text()
    for line in text.splitlines():
        words = line.split()
        if words[:1] == ["hard-stop-after"]:
            return int(words[1].removesuffix("s"))
    return None


def _check_routes(backend: Backend, others: Mapping[str, Sequence[str]]) -> None:
    for app, keys in others.items():
        for key in set(keys) & set(backend.keys):
            raise Problem(
                "x-rollway.http.hosts",
                f"{key} is routed to {app}",
                "a host name or path of its own",
                f"change hosts or path of {backend.app}",
            )


def remove(edge: Edge, app: str) -> bool:
    """Take an application out; whether it was there."""
    with exclusive(edge.paths.mutex):
        path = edge.paths.fragment(app)
        if not path.exists() and not edge.paths.record(app).exists():
            return False
        if not edge.check:
            mapped = render_map(edge_store.routes(edge.paths, but=app))
            replace_files(edge.paths, edge.haproxy, {edge.paths.map: mapped, path: None})
            edge.paths.record(app).unlink(missing_ok=True)
        return True


def settle(edge: Edge, *, seconds: float) -> None:
    """Wait until no worker of an earlier reload is left; Problem after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        old = [one for one in workers(edge.haproxy.master) if not one.is_current]
        if not old:
            return
        if time.monotonic() >= end:
            pids = ", ".join(str(one.pid) for one in old)
            found = f"workers {pids} still end connections after {seconds:.0f} s"
            raise Problem("haproxy", found, "one worker", "deploy again later")
        time.sleep(0.1)


def describe(edge: Edge, app: str) -> dict[str, Any]:
    """The servers and workers as they are; no servers for an application unknown here."""
    stored = edge_store.load(edge.paths, app)
    states = read_states(edge.haproxy.admin, backend_name(app))
    known = {server.name: server for server in stored.servers} if stored else {}
    listed = workers(edge.haproxy.master)
    return {
        "servers": [
            _described(known[name], state) for name, state in states.items() if name in known
        ],
        "workers": [
            {"pid": one.pid, "current": one.is_current, "age_seconds": one.age_seconds}
            for one in listed
        ],
        "old_workers": sum(not one.is_current for one in listed),
    }


def _described(server: Server, state: ServerState) -> dict[str, Any]:
    return {
        "name": server.name,
        "host": server.host,
        "slot": server.slot,
        "address": state.address,
        "port": state.port,
        "admin_state": state.admin,
        "op_state": state.operation,
        "weight": state.weight,
    }
