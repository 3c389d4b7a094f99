"""The steps that are no part of a run's way: they look, or are a person's or an upkeep's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .call import Call
from .lock import Alive
from .names import address_literal, release_id, run_id, slot_name
from .problem import Problem

Params = Mapping[str, Any]
Result = dict[str, Any]


def needed(params: Params, name: str) -> Any:
    """Return an argument that the step cannot do without."""
    if not params.get(name):
        raise Problem(f"{params['step']}/{name}", "not given", f"the step needs {name}")
    return params[name]


def _alive(params: Params) -> Alive:
    return Alive.from_json(params.get("alive"))


def _history(call: Call, params: Params) -> Result:
    from .history import history

    return history(call, count=int(params["count"]), alive=_alive(params))


def _look(call: Call, params: Params) -> Result:
    from .freeze import look

    return look(call, _alive(params))


def _freeze(call: Call, params: Params) -> Result:
    from .freeze import freeze

    return freeze(call, _alive(params))


def _unlock(call: Call, params: Params) -> Result:
    from .freeze import unlock

    return unlock(call, run_id(needed(params, "target")), _alive(params))


def _audit(call: Call, params: Params) -> Result:
    from .audit import entries

    return entries(call, count=int(params["count"]))


def _drift(call: Call, params: Params) -> Result:
    from .drift import drift

    return drift(
        call,
        host=params.get("inventory_host") or "",
        address=address_literal(params.get("address")),
        alive=_alive(params),
    )


def _prune(call: Call, params: Params) -> Result:
    from .prune import prune

    retention = int(params["retention"])
    if retention < 1:
        raise Problem("retention", str(retention), "1 or more", "--keep=5")
    looks = params["mode"] == "read"
    return prune(call, retention=retention, alive=_alive(params), only_looks=looks)


def _doctor(call: Call, params: Params) -> Result:
    from .doctor import Question, doctor
    from .edge_store import Paths

    question = Question(
        has_engine=params["kind"] == "app",
        alive=_alive(params),
        serves=tuple(slot_name(slot, "serves") for slot in params.get("serves") or ()),
        edges_told=bool(params.get("edges_told")) or params["mode"] == "read",
        known={release_id(key): one for key, one in (params.get("manifests") or {}).items()},
        hosts=tuple(str(host) for host in params.get("hosts") or ()),
        edge=Paths() if params.get("reads_edge") else None,
        host=params.get("inventory_host") or "",
        address=address_literal(params["address"]) if params.get("address") else "",
    )
    return doctor(call, question, only_looks=params["mode"] == "read")


APART: dict[str, Callable[[Call, Params], Result]] = {
    "history": _history,
    "look": _look,
    "freeze": _freeze,
    "unlock": _unlock,
    "audit": _audit,
    "drift": _drift,
    "prune": _prune,
    "doctor": _doctor,
}
