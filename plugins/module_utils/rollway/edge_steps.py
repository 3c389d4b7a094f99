"""The steps of haproxy_backend: from a module's arguments to its result."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import edge_apply
from .edge_apply import Edge, Wish
from .edge_config import read_backend, read_servers
from .edge_probe import observe_backend
from .edge_reload import Haproxy, systemd_reload
from .edge_store import Paths
from .haproxy_socket import ADMIN_SOCKET, MASTER_SOCKET
from .names import app_name
from .problem import Problem

Params = Mapping[str, Any]
Result = dict[str, Any]


def run_edge_step(
    params: Params, *, check: bool, diff: bool, haproxy: Haproxy | None = None
) -> Result:
    """Do one step and return the module's result; expected trouble is `ok: false` in it."""
    started = time.monotonic()
    reached = haproxy or Haproxy(ADMIN_SOCKET, MASTER_SOCKET, systemd_reload)
    paths = Paths(Path(params["root"]), Path(params["config_dir"]))
    edge = Edge(paths, reached, check=check)
    result: Result = {"ok": True, "problem": None, "changed": False, "servers": []}
    try:
        app = app_name(params["app"])
        result |= _STEPS[params["step"]](edge, app, params)
        result |= edge_apply.describe(edge, app)
    except Problem as problem:
        result |= {"ok": False, "problem": problem.data, **problem.details}
    if not diff:
        result.pop("diff", None)
    seconds = round(time.monotonic() - started, 4)
    return {**result, "timings": edge.timings, "seconds": seconds}


def _apply(edge: Edge, app: str, params: Params) -> Result:
    wish = Wish(
        backend=read_backend(app, _needed(params, "backend")),
        servers=read_servers(_needed(params, "servers")),
        probe=params["probe"],
        probe_seconds=params["probe_seconds"],
        run=params["run_id"],
    )
    done = edge_apply.apply(edge, wish)
    result: Result = {
        "changed": done.changed,
        "reloaded": done.reloaded,
        "shifted": done.shifted,
        "commands": done.commands,
        "diff": {"before": done.before, "after": done.after},
    }
    if params["observe_seconds"] and not edge.check:
        result["observed"] = _observe(edge, wish, params["observe_seconds"])
        _refuse_failing(result["observed"])
    return result


def _observe(edge: Edge, wish: Wish, seconds: float) -> dict[str, dict[str, Any]]:
    with edge.timed("observe"):
        return observe_backend(edge.haproxy.admin, wish.backend, list(wish.probe), seconds=seconds)


def _refuse_failing(observed: Mapping[str, Mapping[str, Any]]) -> None:
    bad = [
        f"{name}: {_words(seen)}"
        for name, seen in observed.items()
        if seen["went_down"] or seen["errors_5xx"] or seen["connect_errors"]
    ]
    if bad:
        found = "; ".join(bad)
        details: dict[str, object] = {"observed": dict(observed)}
        raise Problem("the bake", found, "no errors, and every check passed", details=details)


def _words(seen: Mapping[str, Any]) -> str:
    if seen["went_down"]:
        return "its check failed"
    errors = seen["errors_5xx"] + seen["connect_errors"]
    return f"{errors} of {seen['sessions']} requests failed"


def _read(_edge: Edge, _app: str, _params: Params) -> Result:
    return {}


def _settle(edge: Edge, _app: str, params: Params) -> Result:
    if not edge.check:
        with edge.timed("settle"):
            edge_apply.settle(edge, seconds=params["deadline_seconds"])
    return {}


def _remove(edge: Edge, app: str, _params: Params) -> Result:
    return {"changed": edge_apply.remove(edge, app)}


def _needed(params: Params, name: str) -> Any:
    if params.get(name) is None:
        raise Problem(name, "not given", "what the step apply needs")
    return params[name]


_STEPS = {"apply": _apply, "read": _read, "settle": _settle, "remove": _remove}
