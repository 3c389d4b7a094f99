"""Brings an application at the edge to what is asked for: topology first, then traffic."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from . import edge_shift, edge_store
from .edge_call import Edge
from .edge_config import check_drain, check_routes, render
from .edge_model import Backend, Server
from .edge_probe import check_answers, silent_servers
from .edge_shift import Shift, plan_shift
from .edge_store import Paths, Record
from .edge_topology import load_topology, needs_reload
from .haproxy_state import View, view
from .problem import Problem

ATTEMPTS = 3  # a foreign reload in the middle of a shift undoes it: then once more


@dataclass(frozen=True)
class Wish:
    """The complete desired state of one application."""

    backend: Backend
    servers: tuple[Server, ...]
    probe: frozenset[str] = frozenset()
    probe_seconds: float = 2.0
    run: str = ""

    @property
    def text(self) -> str:
        """Its fragment once everything is done."""
        return render(self.backend, self.servers)


@dataclass(frozen=True)
class Applied:
    """What an apply did, or would do; the views just before traffic moved, and just after."""

    changed: bool
    reloaded: bool
    shift: Shift
    text_before: str
    text_after: str
    before: View
    after: View


def foresee(edge: Edge, wish: Wish) -> Applied:
    """Say what `apply` would do, and change nothing."""
    others = _checked(edge, wish)
    text = _fragment(edge, wish)
    seen = view(edge.master)
    is_new = needs_reload(edge.paths, wish.backend, wish.servers, others=others, seen=seen)
    shift = plan_shift(wish.backend.name, wish.servers, seen.servers(wish.backend.name))
    changed = is_new or bool(shift.moved) or text != wish.text
    return Applied(changed, is_new, shift, text, wish.text, seen, seen)


def apply(edge: Edge, wish: Wish) -> Applied:
    """Load the topology if it differs, probe, shift by run-time commands, write, read back."""
    with edge_store.held(edge.paths):
        others = _checked(edge, wish)
        text = _fragment(edge, wish)
        seen = view(edge.master)
        is_new = needs_reload(edge.paths, wish.backend, wish.servers, others=others, seen=seen)
        if is_new:
            with edge.timed("reload"):
                load_topology(edge, wish.backend, wish.servers, others=others, seen=seen)
        return _shift(edge, wish, is_new=is_new, text=text)


def load(edge: Edge, wish: Wish) -> bool:
    """Load the topology if it differs, and move no traffic; whether that took a reload."""
    with edge_store.held(edge.paths):
        others = _checked(edge, wish)
        seen = view(edge.master)
        is_new = needs_reload(edge.paths, wish.backend, wish.servers, others=others, seen=seen)
        if is_new:
            with edge.timed("reload"):
                load_topology(edge, wish.backend, wish.servers, others=others, seen=seen)
    return is_new


def _shift(edge: Edge, wish: Wish, *, is_new: bool, text: str) -> Applied:
    for _ in range(ATTEMPTS):
        with edge.timed("read"):
            seen = view(edge.master)
        shift = _decide(edge, wish, seen)
        with edge.timed("shift"):
            is_told = _tell(edge, seen, shift)
        if not is_told:
            continue
        with edge.timed("write"):
            is_written = _write(edge, wish, shift, seen.pid)
        with edge.timed("read_back"):
            after = view(edge.master)
        if after.pid == seen.pid:
            _check_read_back(wish, after)
            changed = is_new or is_written or bool(shift.moved)
            return Applied(changed, is_new, shift, text, wish.text, seen, after)
    raise Problem(
        "haproxy",
        f"something else reloaded it {ATTEMPTS} times while traffic moved",
        "no reload during a shift",
        "journalctl --unit=haproxy --lines=30",
    )


def _tell(edge: Edge, seen: View, shift: Shift) -> bool:
    """Whether the worker took the commands; not when it was replaced meanwhile."""
    try:
        edge.tell(seen.pid, shift.commands)
    except Problem:
        if edge.master.processes().current == seen.pid:
            raise
        return False
    return True


def _decide(edge: Edge, wish: Wish, seen: View) -> Shift:
    """The shift, after asking every server that would get requests."""
    running = seen.servers(wish.backend.name)
    with edge.timed("probe"):
        must = [server for server in wish.servers if server.name in wish.probe]
        check_answers(silent_servers(must, wish.backend, seconds=wish.probe_seconds), wish.backend)
        may = [one for one in edge_shift.entering(wish.servers, running) if one not in must]
        silent = silent_servers(may, wish.backend, seconds=0)
    edge_shift.check_light(wish.backend.name, wish.servers, running, silent)
    edge.remarks += [f"{name} enters as down: {said}" for name, said in silent.items()]
    return plan_shift(wish.backend.name, wish.servers, running, silent=silent)


def _write(edge: Edge, wish: Wish, shift: Shift, pid: int) -> bool:
    """Make the files say what HAProxy does; a restart of it begins from them."""
    path = edge.paths.fragment(wish.backend.app)
    is_new = not path.exists() or path.read_text() != wish.text
    edge.write({path: wish.text})
    known = edge_store.load(edge.paths, wish.backend.app)
    record = Record(
        backend=wish.backend,
        servers=wish.servers,
        loaded=edge_store.digest(wish.backend, wish.servers),
        run=wish.run if shift.moved or known is None else known.run,
        shifts=_shifts(wish, shift, pid, known.shifts if known else {}),
    )
    return edge.save(record) or is_new


def _shifts(
    wish: Wish, shift: Shift, pid: int, known: Mapping[str, Mapping[str, object]]
) -> dict[str, Mapping[str, object]]:
    """When each host and slot left rotation last; those that are back in it are left out."""
    places = {server.place: server.is_ready for server in wish.servers}
    left = {one.place for one in wish.servers if one.name in shift.moved and not one.is_ready}
    now = {"worker": pid, "wall": round(time.time(), 3), "run": wish.run}
    kept = {place: known[place] for place in known if places.get(place) is False}
    return {**kept, **dict.fromkeys(sorted(left), now)}


def _check_read_back(wish: Wish, after: View) -> None:
    wrong = edge_shift.misplaced(wish.servers, after.servers(wish.backend.name))
    if wrong:
        raise Problem(
            f"{wish.backend.name}/servers",
            f"read back after the shift: {'; '.join(wrong)}",
            "what was asked for",
            "./invoke status; then deploy again",
        )


def _checked(edge: Edge, wish: Wish) -> dict[str, Record]:
    """Refuse what cannot be before anything is touched; the other applications' records."""
    unknown = sorted(wish.probe - {server.name for server in wish.servers})
    if unknown:
        names = ", ".join(server.name for server in wish.servers)
        raise Problem("probe", f"no server is called {', '.join(unknown)}", names)
    check_drain(wish.backend, _main_text(edge.paths))
    others = edge_store.load_others(edge.paths, but=wish.backend.app)
    check_routes(wish.backend, _taken(edge.paths, wish.backend.app, others))
    return others


def check_addresses(paths: Paths, backend: Backend) -> None:
    """Problem when another application already answers at one of a backend's addresses."""
    others = edge_store.load_others(paths, but=backend.app)
    check_routes(backend, _taken(paths, backend.app, others))


def _taken(paths: Paths, app: str, others: Mapping[str, Record]) -> dict[str, str]:
    """Route → the application that has it: by its record or, where that was lost, by the map."""
    taken = {key: name for name, record in others.items() for key in record.backend.keys}
    text = paths.map.read_text() if paths.map.exists() else ""
    rows = [row for line in text.splitlines() if len(row := line.split()) == 2]  # noqa: PLR2004
    lost = {key: name for key, name in rows if name != app and name not in others}
    return {**{key: one for key, one in lost.items() if paths.fragment(one).exists()}, **taken}


def _main_text(paths: Paths) -> str:
    try:
        return paths.main.read_text()
    except FileNotFoundError:
        raise Problem(
            str(paths.main), "there is no such file", "an edge", "./invoke provision"
        ) from None


def _fragment(edge: Edge, wish: Wish) -> str:
    path = edge.paths.fragment(wish.backend.app)
    return path.read_text() if path.exists() else ""
