"""The steps of `compose_release`: module arguments in, a module result out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .call import Call, HostTools
from .lock import Run
from .names import (
    address_literal,
    app_name,
    release_id,
    service_name,
    slot_name,
)
from .owner import check_environment
from .paths import AppPaths
from .problem import Problem, of_the_host
from .state import load_state, state_text
from .steps_acquire import acquire_step
from .steps_apart import APART, needed

Params = Mapping[str, Any]
Result = dict[str, Any]

PATIENCE_SECONDS = 30.0  # for a step of this run whose connection broke
WITHOUT_LOCK = ("acquire", *APART)  # no lock covers these when they begin


def run_step(params: Params, *, tools: HostTools, check: bool, diff: bool = False) -> Result:
    """Do one step and return the module's result; expected trouble is `ok: false` in it."""
    began = tools.clock.monotonic()
    result: Result = {"ok": True, "problem": None, "changed": False, "timings": {}}
    try:
        call = _call(params, tools, check=check)
    except Problem as problem:
        return {**result, **_failed(problem), "seconds": 0.0}
    before = state_text(call.paths) if diff else None
    try:
        check_environment(call.paths, call.run.env)
        result |= STEPS[params["step"]](call, params)
    except Problem as problem:
        result |= _failed(problem)
    except OSError as error:
        result |= _failed(of_the_host(error))
    result |= {"changed": call.changed, "timings": call.timings, "remarks": call.remarks}
    result["seconds"] = round(tools.clock.monotonic() - began, 3)
    result.setdefault("generation", _generation(call))
    if diff:
        result["diff"] = {"before": before, "after": state_text(call.paths)}
    return result


def _stage(call: Call, params: Params) -> Result:
    from .accessories import bring_up_early
    from .adoption import note_plain
    from .place import place_of
    from .stage import RegistryAuth, stage
    from .start import start

    manifest = _manifest_to_stage(call, params)
    with _exclusively(call):
        auth = RegistryAuth.from_json(params.get("registry_auth"))
        host = params.get("inventory_host") or ""
        result = stage(call, manifest, auth=auth, host=host)
        if params.get("adopt") and not call.check:
            note_plain(call, manifest, params["adopt"], host=host)
        if manifest.accessories and manifest.accessories.on(host) and not call.check:
            adopts = bool(params.get("adopt"))
            bring_up_early(call, manifest, place_of(call, params), adopts=adopts)
        if params.get("then_start"):
            result |= start(call, manifest, _start_of(call, params))
    return result


def _manifest_to_stage(call: Call, params: Params) -> Any:
    """The release as the controller sent it, or as it is made of one that is kept here."""
    if not params.get("scale"):
        from .manifest import Manifest

        return Manifest.from_json(needed(params, "manifest"))
    from .scale import scaled_manifest

    release, created = release_id(needed(params, "release_id")), call.run.started
    return scaled_manifest(call.paths, params["scale"], release=release, created=created)


def _start(call: Call, params: Params) -> Result:
    from .releases import load_manifest
    from .start import start

    release = release_id(needed(params, "release_id"))
    with _exclusively(call):
        return start(call, load_manifest(call.paths, release), _start_of(call, params))


def _jobs(call: Call, params: Params) -> Result:
    from .jobs import Work, run_jobs
    from .place import place_of
    from .releases import load_manifest

    manifest = load_manifest(call.paths, release_id(needed(params, "release_id")))
    work = Work(
        manifest, place_of(call, params), takes_unknown=frozenset(params.get("takes_unknown") or ())
    )
    return run_jobs(call, work, [service_name(name) for name in needed(params, "jobs")])


def _switch(call: Call, params: Params) -> Result:
    from .releases import load_manifest
    from .workers import restart, switch

    release = release_id(needed(params, "release_id"))
    old = slot_name(params["old_slot"], "old_slot") if params.get("old_slot") else None
    with _exclusively(call):
        slot, manifest = slot_name(params.get("slot")), load_manifest(call.paths, release)
        if params.get("service"):
            return restart(call, manifest, slot, service_name(params["service"]))
        return switch(call, manifest, slot, old)


def _still(call: Call, params: Params) -> Result:
    from .singletons import still

    release = release_id(needed(params, "release_id"))
    names = [service_name(name) for name in needed(params, "singletons")]
    keeps = {name: slot_name(slot) for name, slot in (params.get("keeps") or {}).items()}
    placed, has_engine = params.get("placed") or {}, params["kind"] == "app"
    with _exclusively(call):
        return still(call, release, names, keeps=keeps, placed=placed, has_engine=has_engine)


def _place(call: Call, params: Params) -> Result:
    from .releases import load_manifest
    from .singletons import place

    release = release_id(needed(params, "release_id"))
    names = [service_name(name) for name in needed(params, "singletons")]
    with _exclusively(call):
        manifest = load_manifest(call.paths, release)
        return place(call, manifest, slot_name(params.get("slot")), names)


def _undo(call: Call, params: Params) -> Result:
    from .place import place_of
    from .room import give_room_back
    from .undo import undo

    slot = slot_name(params.get("slot"))
    with _exclusively(call):
        if params.get("stops_first"):
            place = place_of(call, params)
            return give_room_back(call, place, drain_seconds=float(params["drain_seconds"]))
        return undo(call, slot)


def _conclude(call: Call, params: Params) -> Result:
    from .conclude import Conclusion, conclude

    end = Conclusion(
        outcome=needed(params, "outcome"),
        record=params.get("record") or {},
        release=release_id(params["release_id"]) if params.get("release_id") else None,
        active_slot=slot_name(params["active_slot"]) if params.get("active_slot") else None,
        keep_warm_seconds=float(params["keep_warm_seconds"]),
        retention=int(params["retention"]),
        voids=tuple(release_id(item) for item in params.get("voids") or ()),
        hold=params.get("hold"),
        jobs=params.get("done_jobs") or {},
        placed=params.get("placed"),
        adopt=params.get("adopt") or {},
        place=_host_of(params),
    )
    if not call.paths.folder.is_dir():  # never acquired: there is nothing to conclude
        return {"pruned": [], "unlocked": False}
    with _exclusively(call):
        return conclude(call, end, has_engine=params["kind"] == "app")


def _host_of(params: Params) -> Any:
    """What the host is called and reached by; None for one that runs no accessories."""
    from .place import Place

    if not params.get("inventory_host") or not params.get("address"):
        return None
    address = address_literal(params["address"])
    return Place("", params["inventory_host"], address, {}, accessories={})


def _remove(call: Call, params: Params) -> Result:
    from .remove import remove

    with _exclusively(call):
        return remove(
            call,
            params.get("record") or {},
            has_engine=params["kind"] == "app",
            takes_volumes=bool(params.get("volumes")),
            placed=params.get("placed") or {},
        )


STEPS: dict[str, Callable[[Call, Params], Result]] = {
    "acquire": acquire_step,
    "stage": _stage,
    "start": _start,
    "jobs": _jobs,
    "switch": _switch,
    "still": _still,
    "place": _place,
    "undo": _undo,
    "conclude": _conclude,
    "remove": _remove,
    **APART,
}


def _call(params: Params, tools: HostTools, *, check: bool) -> Call:
    paths = AppPaths(Path(params["root"]), app_name(params["app"]))
    run = Run.from_json(params["run"])
    generation = params.get("generation")
    may_lack_it = params["step"] in WITHOUT_LOCK or params.get("outcome") == "aborted"
    if generation is None and not may_lack_it:
        raise Problem("generation", "not given", "the number that acquire returned")
    step = str(params["step"])
    return Call(paths, run, tools, generation=generation, check=check, step=step)


def _start_of(call: Call, params: Params) -> Any:
    from .place import place_of
    from .start import Start

    deadline = params.get("deadline_seconds")
    return Start(
        place_of(call, params),
        drain_seconds=float(params["drain_seconds"]),
        deadline_seconds=float(deadline) if deadline else None,
        anew=bool(params.get("anew")),
        stops_first=bool(params.get("stops_first")),
    )


@contextmanager
def _exclusively(call: Call) -> Iterator[None]:
    """Hold the application's mutex for the whole step; check mode changes nothing, not even it."""
    if call.check:
        yield
        return
    with call.alone(seconds=PATIENCE_SECONDS):
        yield


def _failed(problem: Problem) -> Result:
    return {"ok": False, "problem": problem.data, **problem.details}


def _generation(call: Call) -> int | None:
    try:
        return load_state(call.paths).generation
    except Problem:
        return None
