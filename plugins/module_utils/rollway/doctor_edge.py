"""An edge's record of an application: unreadable, or with servers of hosts that are gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from . import edge_apply, edge_store
from .ailment import Ailment, bad, keep_bad, mended
from .edge_apply import Wish
from .edge_call import Edge
from .edge_drift import edge_findings
from .edge_model import Server, backend_name
from .edge_store import Record
from .files import remove_durably
from .haproxy_state import Running, view
from .problem import Problem
from .sealed import read_sealed


def edge_ailments(
    edge: Edge, app: str, hosts: Collection[str], *, settled: bool = True
) -> Iterator[Ailment]:
    """Look at the record and at what HAProxy runs; `hosts` are all app hosts of the inventory.

    While a run is at work, and all is not `settled`, the edge differs from its record.
    """
    try:
        read_sealed(edge.paths.notice(app))
    except Problem as problem:
        then = "the page stays, and nobody knows who switched it on"
        yield _unreadable(edge, edge.paths.notice(app), problem, then)
    try:
        record = edge_store.load(edge.paths, app)
    except Problem as problem:
        then = "the next deploy records the edge anew"
        yield _unreadable(edge, edge.paths.record(app), problem, then)
        return
    try:
        running = view(edge.master).servers(backend_name(app))
    except Problem as problem:
        where, found = problem.data["where"], problem.data["found"]
        yield Ailment("edge", where, found, "", "systemctl status haproxy")
        return
    if record:
        for host in sorted({one.host for one in record.servers} - set(hosts)):
            yield _gone(edge, record, host, running)
    if settled:
        yield from mended(edge_findings(edge, app))


def _unreadable(edge: Edge, path: Path, problem: Problem, then: str) -> Ailment:
    """HAProxy goes on by its files, and other applications can change again."""

    def mend() -> None:
        with edge.fence.held(), edge_store.held(edge.paths):
            keep_bad(path)
            remove_durably(path)

    fix = f"keeps it as {bad(path).name}; {then}"
    return Ailment("edge", str(path), problem.data["found"], fix, mend=mend)


def _gone(edge: Edge, record: Record, host: str, running: Mapping[str, Running]) -> Ailment:
    left = [one for one in record.servers if one.host != host]
    names = ", ".join(one.name for one in record.servers if one.host == host)
    where, words = f"{record.backend.name}/{host}", f"servers of a host that is gone: {names}"
    if not any(_is_serving(one, running) for one in left):
        following = f"./invoke deploy, or put {host} back into the inventory"
        return Ailment("edge", where, f"{words}; no other server serves", "", following)

    def mend() -> None:
        known = edge_store.load(edge.paths, record.backend.app)
        if known:
            kept = tuple(one for one in known.servers if one.host != host)
            with edge.fence.held():
                edge_apply.load(edge, Wish(known.backend, kept))

    return Ailment("edge", where, words, "removes them by a reload", mend=mend)


def _is_serving(server: Server, running: Mapping[str, Running]) -> bool:
    now = running.get(server.name)
    return now is not None and now.is_serving
