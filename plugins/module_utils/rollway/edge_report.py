"""What an edge does for an application, as data for a module's result."""

from __future__ import annotations

from typing import Any

from . import edge_store
from .edge_apply import Applied
from .edge_call import Edge
from .edge_model import Server, backend_name, to_json
from .haproxy_socket import Worker
from .haproxy_state import Running, view


def describe(edge: Edge, app: str) -> dict[str, Any]:
    """Servers, workers, and the backend on record: neither it nor servers for an unknown app."""
    record = edge_store.load(edge.paths, app)
    shifts = record.shifts if record else {}
    running = view(edge.master).servers(backend_name(app))
    processes = edge.master.processes()
    return {
        "backend": to_json(record.backend) if record else None,
        "servers": [
            _server(server, running[server.name])
            for server in (record.servers if record else ())
            if server.name in running
        ],
        "shifts": {place: dict(shift) for place, shift in shifts.items()},
        "workers": [_worker(worker) for worker in processes.workers],
        "old_workers": len(processes.old),
    }


def diff(edge: Edge, app: str, applied: Applied) -> list[dict[str, str]]:
    """The fragment before and after, and the commands of the shift."""
    path = str(edge.paths.fragment(app))
    text = {"before_header": path, "after_header": path}
    said = [
        *(["reload"] if applied.reloaded else []),
        *applied.shift.commands,
    ]
    prepared = "".join(f"> {command}\n" for command in said)
    return [
        {**text, "before": applied.text_before, "after": applied.text_after},
        *([{"prepared": f"HAProxy is told:\n{prepared}"}] if said else []),
    ]


def _server(server: Server, now: Running) -> dict[str, Any]:
    return {
        "name": server.name,
        "host": server.host,
        "slot": server.slot,
        "address": now.address,
        "port": now.port,
        "admin_state": now.admin,
        "op_state": now.operation,
        "weight": now.weight,
        "current_sessions": now.counters.current,
    }


def _worker(worker: Worker) -> dict[str, Any]:
    return {
        "pid": worker.pid,
        "current": worker.is_current,
        "age_seconds": worker.age_seconds,
    }
