"""An edge against its own record: HAProxy's servers, and the files it would start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from . import edge_apply, edge_maintenance, edge_store
from .edge_apply import Wish
from .edge_call import Edge
from .edge_config import render
from .edge_model import Server, backend_name
from .edge_store import Paths, Record
from .finding import DEPLOY, DOCTOR, PAGE_OFF, PAGE_ON, Finding
from .haproxy_state import Running, view


def edge_findings(edge: Edge, app: str) -> list[Finding]:
    """What differs; an application that is new here has neither record nor servers."""
    record = edge_store.load(edge.paths, app)
    running = view(edge.master).servers(backend_name(app))
    found = [*_servers(record, running), *_files(edge.paths, app, record)]
    whole = [_mended(edge, one, record) for one in found]
    page = edge_maintenance.difference(edge, app)
    return [*whole, _page(edge, app, *page)] if page else whole


def _mended(edge: Edge, one: Finding, record: Record | None) -> Finding:
    """What differs from a record is put right by asking for that again; it loses no request."""
    if record is None:
        return replace(one, verb=DEPLOY)
    app = record.backend.app

    def mend() -> None:
        known = edge_store.load(edge.paths, app)  # another repair may have changed it
        if known:
            with edge.fence.held():
                edge_apply.apply(edge, Wish(known.backend, known.servers, run=known.run))

    return replace(one, verb=DOCTOR, fix="brings the edge to its record", mend=mend)


def _page(edge: Edge, app: str, shown: str, kept: str) -> Finding:
    """Whether there is to be a page says who switched it, where that is on record."""
    verb = PAGE_ON if edge.paths.notice(app).is_file() else PAGE_OFF
    return Finding("file", str(edge.paths.maintenance), shown, kept, verb=verb)


def _servers(record: Record | None, running: Mapping[str, Running]) -> Iterator[Finding]:
    wanted = {server.name: server for server in record.servers} if record else {}
    for name in sorted({*wanted, *running}):
        have = _running(running[name]) if name in running else "not there"
        need = _recorded(wanted[name]) if name in wanted else "no such server"
        if have != need:
            yield Finding("server", f"servers/{name}", have, need)


def _running(server: Running) -> str:
    return f"{server.admin} with weight {server.weight} at {server.address} port {server.port}"


def _recorded(server: Server) -> str:
    return f"{server.state} with weight {server.weight} at {server.address} port {server.port}"


def _files(paths: Paths, app: str, record: Record | None) -> Iterator[Finding]:
    fragment = paths.fragment(app)
    if record is None:
        if fragment.exists():
            yield Finding("file", str(fragment), "a backend without a record", "no such file")
        return
    text, wanted = _text(fragment), render(record.backend, record.servers)
    if text is None:
        yield Finding("file", str(fragment), "not there", "the recorded backend")
    elif text != wanted:
        yield Finding("file", str(fragment), _first_other(text, wanted), "the recorded backend")
    if record.loaded != edge_store.digest(record.backend, record.servers):
        found = "HAProxy was not reloaded since it changed"
        yield Finding("file", str(paths.record(app)), found, "a topology that HAProxy runs")
    routes = (_text(paths.map) or "").splitlines()
    for key in record.backend.keys:
        if f"{key} {app}" not in routes:
            yield Finding("file", str(paths.map), f"no route {key}", f"{key} {app}")


def _first_other(text: str, wanted: str) -> str:
    """The first line that differs; an edge's configuration holds no secret."""
    have, need = text.splitlines(), wanted.splitlines()
    number = next(
        (at for at, pair in enumerate(zip(have, need, strict=False)) if pair[0] != pair[1]),
        min(len(have), len(need)),
    )
    line = have[number].strip() if number < len(have) else "(the end)"
    return f"line {number + 1}: {line}"


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None
