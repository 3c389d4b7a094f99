"""The step `acquire`: what a run asks a host, from its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .call import Call
from .lock import Alive
from .names import address_literal, image_reference, project_name, release_id

if TYPE_CHECKING:
    from .manifest import Manifest

Params = Mapping[str, Any]
Result = dict[str, Any]


def acquire_step(call: Call, params: Params) -> Result:
    """Turn the arguments into a question; what it finds is the result."""
    from .acquire import Question, acquire
    from .capacity import Needs
    from .ports import Need

    takes_lock = params["mode"] == "lock"
    if params.get("reads_edge") and takes_lock and not call.check:
        seen = _edge(params)  # and again with the lock: traffic may move before we have it
        if not seen.get("ok", True):
            return seen
    question = Question(
        takes_lock=takes_lock,
        has_engine=params["kind"] == "app",
        alive=Alive.from_json(params.get("alive")),
        needs=tuple(Need.from_json(item) for item in params.get("services") or ()),
        images=tuple(image_reference(item) for item in params.get("images") or ()),
        room=Needs(**(params.get("needs") or {})),
        release=release_id(params["release_id"]) if params.get("release_id") else None,
        scale=_scale(params),
        claims=tuple(int(port) for port in params.get("claims") or ()),
        plain=_project(params),
    )
    plain = _plain(call, params)  # before the lock: an engine that does not answer refuses
    result = acquire(call, question) | plain
    if params.get("compare"):
        result["differences"] = _differences(call, params["compare"])
    if params.get("address") and not takes_lock and params["kind"] == "app":
        result["accessories"] = _accessories(call, params)
    return {**result, **_edge(params)} if params.get("reads_edge") else result


def _scale(params: Params) -> Any:
    if not params.get("scale"):
        return None
    from .scale import Scale

    return Scale.from_json(params["scale"])


def _plain(call: Call, params: Params) -> Result:
    """The project that the run is to take the place of, where it is about one."""
    project = _project(params)
    if not project:
        return {}
    from .plain import plain_reading

    return {"plain": plain_reading(call, project, is_edge=bool(params.get("reads_edge")))}


def _project(params: Params) -> str:
    """Its name; '' where the run is about none, or the host is an edge alone."""
    if not params.get("adopt") or params["kind"] != "app":
        return ""
    return project_name(params["adopt"].get("project"))


def _edge(params: Params) -> Result:
    from .edge_reading import edge_reading

    return edge_reading(params["app"], params.get("backend"))


def _accessories(call: Call, params: Params) -> Result:
    """What each release would do to the accessories here: those that are kept, and the planned."""
    from .accessory_work import planned_changes
    from .place import Place
    from .releases import kept_releases, load_manifest
    from .state import load_state

    host, address = str(params.get("inventory_host") or ""), address_literal(params["address"])
    state, place = load_state(call.paths), Place("", host, address, {}, accessories={})
    known = {name: load_manifest(call.paths, name) for name in kept_releases(call.paths)}
    if params.get("compare"):
        known[""] = _planned(params["compare"])
    return {name: planned_changes(call, state, one, place) for name, one in known.items()}


def _planned(content: Params) -> Manifest:
    from .manifest import Manifest

    return Manifest.from_json({**content, "id": content["id"] or "0-plan"})


def _differences(call: Call, content: Params) -> Result:
    from .compare import differences

    return differences(call.paths, _planned(content))
