"""What only a reload can change: servers, addresses, routes, options of the backends.

A reload starts every application's servers anew, so all are rendered as they run at that moment.
A new worker calls every server UP until its checks fail, also dead ones (30 answers of 503 in
three reloads): those that are DOWN are written as `disabled` for the reload and return after it
as DOWN, for their checks to bring in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from . import edge_store
from .edge_call import Edge
from .edge_config import render, render_map, topology
from .edge_model import Backend, Server, backend_name
from .edge_reload import reload_with
from .edge_shift import as_running, down_commands, same_places
from .edge_store import Paths, Record
from .haproxy_state import View

Others = Mapping[str, Record]


def needs_reload(
    paths: Paths, backend: Backend, servers: tuple[Server, ...], *, others: Others, seen: View
) -> bool:
    """Whether HAProxy runs, or would start with, another topology than the one asked for."""
    record = edge_store.load(paths, backend.app)
    wanted = render(backend, servers)
    routes = _routes(paths, [backend, *(one.backend for one in others.values())])
    return not (
        record is not None
        and record.loaded == edge_store.digest(backend, servers)
        and same_places(servers, seen.servers(backend.name))
        and topology(_text(paths.fragment(backend.app))) == topology(wanted)
        and _text(paths.map) == routes
    )


def load_topology(
    edge: Edge, backend: Backend, servers: tuple[Server, ...], *, others: Others, seen: View
) -> None:
    """Reload with a new topology of one application; no traffic moves, new servers are in maint."""
    mine = as_running(servers, seen.servers(backend.name))
    everyone = {backend: mine, **_as_they_run(others, seen)}
    _load(edge, everyone, seen, gone=())
    record = edge_store.load(edge.paths, backend.app)
    loaded = edge_store.digest(backend, servers)
    run, shifts = (record.run, record.shifts) if record else ("", {})
    edge.save(Record(backend, mine, loaded, run, shifts))


def unload(edge: Edge, app: str, *, others: Others, seen: View) -> None:
    """Reload without an application."""
    _load(edge, _as_they_run(others, seen), seen, gone=(edge.paths.fragment(app),))


def _load(
    edge: Edge,
    everyone: Mapping[Backend, tuple[Server, ...]],
    seen: View,
    *,
    gone: Collection[Path],
) -> None:
    down = {backend: _down(seen, backend) for backend in everyone}
    files: dict[Path, str | None] = {
        edge.paths.fragment(backend.app): render(backend, servers, out=down[backend])
        for backend, servers in everyone.items()
    }
    files |= dict.fromkeys(gone) | {edge.paths.map: _routes(edge.paths, everyone, gone=gone)}
    pid = reload_with(edge.paths, edge.master, files, fence=edge.fence.check)
    for backend, servers in everyone.items():
        names = [server.name for server in servers if server.name in down[backend]]
        edge.tell(pid, down_commands(backend.name, names))
    edge.write({edge.paths.fragment(one.app): render(one, all_) for one, all_ in everyone.items()})


def _routes(paths: Paths, known: Iterable[Backend], *, gone: Collection[Path] = ()) -> str:
    """The map for these backends and for those whose record was lost but whose fragment stands."""
    backends = list(known)
    names = {backend.app for backend in backends}
    lines = [line for line in _text(paths.map).splitlines() if len(line.split()) == 2]  # noqa: PLR2004
    foreign = [
        line
        for line in lines
        if (app := line.split()[1]) not in names
        and (path := paths.fragment(app)).exists()
        and path not in gone
    ]
    return render_map(backends, foreign=foreign)


def _as_they_run(others: Others, seen: View) -> dict[Backend, tuple[Server, ...]]:
    """What the other applications' servers do now; as recorded where HAProxy has lost them."""
    return {
        record.backend: as_running(record.servers, seen.servers(backend_name(app)))
        if seen.servers(backend_name(app))
        else record.servers
        for app, record in others.items()
    }


def _down(seen: View, backend: Backend) -> set[str]:
    return {name for name, one in seen.servers(backend.name).items() if one.is_down}


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
