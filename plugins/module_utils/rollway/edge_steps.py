"""The steps of haproxy_backend: from a module's arguments to its result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import edge_apply, edge_maintenance, edge_report, edge_store, edge_watch
from .audit import write_line
from .clock import HostClock, timestamp
from .edge_apply import Applied, Wish
from .edge_call import Edge
from .edge_drift import edge_findings
from .edge_failures import Failures
from .edge_fence import fence_of
from .edge_maintenance import OFF, ON, Notice
from .edge_model import read_backend, read_servers
from .edge_observe import Sides, observe
from .edge_shift import entering
from .edge_store import Paths
from .edge_topology import unload
from .haproxy_socket import Master
from .haproxy_state import view
from .names import run_id
from .owner import check_environment
from .problem import Problem

Params = Mapping[str, Any]
Result = dict[str, Any]

_SETTLE_SECONDS = 0.1


def run_edge_step(params: Params, *, check: bool, diff: bool) -> Result:
    """Do one step and return the module's result; expected trouble is `ok: false` in it."""
    began = time.monotonic()
    paths = Paths(Path(params["root"]), Path(params["config_dir"]))
    result: Result = {"ok": True, "problem": None, "changed": False, "servers": []}
    try:
        fence = fence_of(params)
        check_environment(fence.paths, params.get("env") or (fence.run.env if fence.run else ""))
    except Problem as problem:
        return {**result, "ok": False, "problem": problem.data, "seconds": 0.0}
    app = fence.paths.app
    edge = Edge(paths, Master(params["master_socket"]), fence)
    try:
        result |= _STEPS[params["step"]](edge, app, params, check)
        result |= edge_report.describe(edge, app)
    except Problem as problem:
        result |= {"ok": False, "problem": problem.data, **problem.details}
    except OSError as error:
        found = Problem(error.filename or "edge", error.strerror or str(error))
        result |= {"ok": False, "problem": found.data}
    if not diff:
        result.pop("diff", None)
    seconds = round(time.monotonic() - began, 4)
    return {**result, "remarks": edge.remarks, "timings": edge.timings, "seconds": seconds}


def _apply(edge: Edge, app: str, params: Params, check: bool) -> Result:  # noqa: FBT001
    wish = _wish(app, params)
    base = Failures() if check else _look(edge, app, params)
    applied = edge_apply.foresee(edge, wish) if check else _changed(edge, wish)
    result: Result = {
        "changed": applied.changed,
        "reloaded": applied.reloaded,
        "shifted": list(applied.shift.moved),
        "commands": applied.shift.commands,
        "diff": edge_report.diff(edge, app, applied),
    }
    if check:
        return result
    if params["observe_seconds"] > 0:
        result |= _observe(edge, wish, applied, params, base)
    if result.get("ok", True):
        _remember(edge, app, params, base)
    return result


def _look(edge: Edge, app: str, params: Params) -> Failures:
    """What became of what the run has moved so far; Problem where it fails. Nothing watches on.

    On the way back, which names no servers of the release, only that: whatever fails, it goes back.
    """
    with edge.fence.held():
        record = edge_watch.load(edge.paths, app, run=params["run_id"])
        edge_watch.forget(edge.paths, app)
    new = params["release_servers"]
    if not new:
        return Failures()
    seen = view(edge.master)
    return edge_watch.check(record, seen, app) if record else edge_watch.so_far(seen, app, new)


def _remember(edge: Edge, app: str, params: Params, base: Failures) -> None:
    """For the next look; with servers to go back to, the edge looks by itself until then."""
    new, back = params["release_servers"], params["back"]
    if not new:
        return
    present = edge_watch.Record.of(params["run_id"], view(edge.master), app, new)
    record = replace(present, base=base, looks=params["looks"])
    if back is None:
        edge_watch.save(edge.paths, app, record)
        return
    guard = edge_watch.Guard(
        run=params["run"],
        generation=int(params["generation"]),
        lock_root=str(edge.fence.paths.root),
        backend=read_backend(app, params["backend"]),
        servers=tuple(read_servers(back)),
    )
    edge_watch.save(edge.paths, app, replace(record, guard=guard))
    with edge.timed("guard"):
        edge_watch.start(edge.paths, app, edge.master)


def _watch(edge: Edge, app: str, params: Params, check: bool) -> Result:  # noqa: FBT001
    """The last look of a run, after which nothing moves back by itself."""
    if not check:
        _look(edge, app, params)
    return {"changed": False}


def _changed(edge: Edge, wish: Wish) -> Applied:
    with edge.fence.held():
        return edge_apply.apply(edge, wish)


def _load(edge: Edge, app: str, params: Params, check: bool) -> Result:  # noqa: FBT001
    wish = _wish(app, params)
    if check:
        is_new = edge_apply.foresee(edge, wish).reloaded
        return {"changed": is_new, "reloaded": is_new}
    with edge.fence.held():
        is_new = edge_apply.load(edge, wish)
    so_far = edge_watch.so_far(view(edge.master), app, params["release_servers"])
    _remember(edge, app, {**params, "back": None}, so_far)
    return {"changed": is_new, "reloaded": is_new}


def _observe(edge: Edge, wish: Wish, applied: Applied, params: Params, base: Failures) -> Result:
    """Outside the mutexes: it changes nothing, and another application may move meanwhile."""
    before, backend = applied.before, wish.backend.name
    entered = entering(wish.servers, before.servers(backend))
    shifted = sorted(wish.probe or {server.name for server in entered})
    new = frozenset([*shifted, *params["release_servers"]])
    old = frozenset(server.name for server in wish.servers) - new
    sides = Sides(new, old, base, params["looks"])
    began, seconds = time.monotonic(), params["observe_seconds"]
    with edge.timed("observe"):
        watch = observe(edge.master, backend, sides, seconds=seconds, before=applied.after)
    took = round(time.monotonic() - began, 3)
    seen = {name: one for name, one in watch.result().items() if name in shifted}
    result: Result = {"observed": seen, "observed_seconds": took}
    found = sides.trouble(watch)
    if not found:
        return result
    words = f"{'; '.join(found)}; seen {took:.1f} s after the shift"
    problem = Problem("the bake", words, edge_watch.ACCEPTED)
    return {**result, "ok": False, "problem": problem.data}


def _read(edge: Edge, app: str, params: Params, _check: bool) -> Result:  # noqa: FBT001
    if params.get("backend"):
        edge_apply.check_addresses(edge.paths, read_backend(app, params["backend"]))
    return edge_maintenance.describe(edge, app)


def _maintain(edge: Edge, app: str, params: Params, check: bool) -> Result:  # noqa: FBT001
    """Any time, whoever has the lock: a person who wants the page wants it now."""
    asked = params.get("maintenance") or {}
    if asked.get("state") not in (ON, OFF):
        raise Problem("maintenance/state", f"found {asked.get('state')!r}", f"{ON} or {OFF}")
    notice, is_on = Notice.from_json(asked), asked["state"] == ON
    with edge.timed("maintain"):
        changed = edge_maintenance.switch(edge, app, notice, is_on=is_on, check=check)
    if changed and not check:
        edge.fence.paths.make()
        write_line(
            edge.fence.paths,
            time=timestamp(HostClock()),
            run=notice.run,
            verb="maintenance",
            owner=notice.owner,
            release=None,
            outcome=asked["state"],
        )
    return {"changed": changed, **edge_maintenance.describe(edge, app)}


def _drift(edge: Edge, app: str, _params: Params, _check: bool) -> Result:  # noqa: FBT001
    return {"findings": [one.to_json() for one in edge_findings(edge, app)]}


def _settle(edge: Edge, _app: str, params: Params, check: bool) -> Result:  # noqa: FBT001
    """Wait until no worker of an earlier reload is left; Problem after the deadline."""
    end = time.monotonic() + params["deadline_seconds"]
    with edge.timed("settle"):
        while (old := edge.master.processes().old) and not check:
            if time.monotonic() >= end:
                pids = ", ".join(str(worker.pid) for worker in old)
                raise Problem(
                    "haproxy",
                    f"old workers {pids} still have connections after "
                    f"{params['deadline_seconds']:g} s",
                    "the current worker alone",
                    "deploy again when they have ended: edge_hard_stop_seconds bounds them",
                )
            time.sleep(_SETTLE_SECONDS)
    return {}


def _remove(edge: Edge, app: str, _params: Params, check: bool) -> Result:  # noqa: FBT001
    """Take an application out of the edge's files and memory."""
    fragment, record = edge.paths.fragment(app), edge.paths.record(app)
    before = fragment.read_text() if fragment.exists() else ""
    is_there = fragment.exists() or record.exists()
    diff = [{"before_header": str(fragment), "before": before, "after": ""}]
    if is_there and not check:
        with edge.fence.held(), edge_store.held(edge.paths), edge.timed("reload"):
            others = edge_store.load_others(edge.paths, but=app)
            unload(edge, app, others=others, seen=view(edge.master))
            edge_watch.forget(edge.paths, app)
            edge.fence.check()
            edge_maintenance.forget(edge, app)
            record.unlink(missing_ok=True)
    return {"changed": is_there, "reloaded": is_there, "diff": diff}


def _wish(app: str, params: Params) -> Wish:
    for name in ("backend", "servers"):
        if params.get(name) is None:
            raise Problem(name, "not given", f"the step {params['step']} needs {name}")
    return Wish(
        backend=read_backend(app, params["backend"]),
        servers=tuple(read_servers(params["servers"])),
        probe=frozenset(params["probe"] or ()),
        probe_seconds=params["probe_seconds"],
        run=run_id(params["run_id"]) if params["run_id"] else "",
    )


_STEPS: dict[str, Callable[[Edge, str, Params, bool], Result]] = {
    "apply": _apply,
    "load": _load,
    "read": _read,
    "settle": _settle,
    "remove": _remove,
    "drift": _drift,
    "maintain": _maintain,
    "watch": _watch,
}
