"""Records that cannot be read: the lock, the jobs, and the manifests of releases."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .adopted import read_adopted
from .ailment import Ailment, bad, keep_bad
from .call import Call
from .drift_files import content_hash
from .files import remove_durably, sync_directory
from .job_records import read_jobs
from .lock import (
    GONE,
    Alive,
    known_as,
    process_of,
    read_freeze,
    read_hold,
    read_lock,
)
from .manifest import Manifest, without_contents
from .names import relative_path
from .problem import Problem
from .prune import unmounted
from .releases import (
    accessories_file,
    compose_file,
    files_folder,
    kept_releases,
    read_release,
    record_file,
)
from .sealed import write_sealed
from .state import State
from .upkeep import left_by, way_out

Content = Mapping[str, Any]
PLACES = ("path", "mode", "uid", "gid")  # what may leave the host of a release's file


def lock_ailments(call: Call, alive: Alive) -> Iterator[Ailment]:
    """Say who left a lock behind; one that is held, or of a run at work, is a remark."""
    try:
        holder, hold = read_lock(call.paths), read_hold(call.paths)
    except Problem as problem:
        yield unreadable_lock(call, problem)
        return
    try:
        freeze = read_freeze(call.paths)
    except Problem as problem:
        yield Ailment("lock", str(call.paths.freeze), problem.data["found"], "", _away(call))
        return
    call.remarks += [freeze.frozen()] if freeze else []
    if holder is None or holder.id == call.run.id:
        return
    if hold and not hold.get("decided_by"):
        call.remarks.append(f"{hold['release']} is held by {holder.named()}")
        return
    process = process_of(holder, seen_by=call.run, alive=alive)
    if process == GONE:
        yield Ailment("lock", str(call.paths.lock), left_by(holder), "", way_out(holder))
    else:
        call.remarks.append(f"locked by {known_as(holder, process)}")


def unreadable_lock(call: Call, problem: Problem) -> Ailment:
    """Nobody can change anything by such a lock: every step of a run reads it first."""
    path = call.paths.lock

    def mend() -> None:
        keep_bad(path)
        remove_durably(path)

    fix = f"keeps it as {bad(path).name} and frees the lock"
    return Ailment("lock", str(path), problem.data["found"], fix, mend=mend)


def job_ailments(call: Call) -> Iterator[Ailment]:
    """Nobody may guess which jobs are done: without the file they would run again."""
    path = call.paths.jobs
    try:
        read_jobs(call.paths)
    except Problem as problem:
        following = f"copy it from another host; after mv {path} {bad(path)} jobs may run again"
        yield Ailment("jobs", str(path), problem.data["found"], "", following)


def adoption_ailments(call: Call) -> Iterator[Ailment]:
    """Without the file nobody knows which containers of a plain project have to come back."""
    path = call.paths.adopted
    try:
        read_adopted(call.paths)
    except Problem as problem:
        following = f"docker ps --all shows the containers; mv {path} {bad(path)}, then adopt again"
        yield Ailment("adoption", str(path), problem.data["found"], "", following)


def release_ailments(call: Call, state: State, known: Mapping[str, Content]) -> Iterator[Ailment]:
    """Manifests that cannot be read; `known` is what other hosts have of the same releases."""
    for release in sorted(kept_releases(call.paths)):
        try:
            read_release(call.paths.release(release))
        except Problem as problem:
            yield _unreadable(call, state, release, problem.data["found"], known.get(release))


def shared_manifests(call: Call) -> dict[str, dict[str, Any]]:
    """Return what may leave this host of its releases, so that another can write one anew.

    Texts and contents, which may hold secrets, every host has beside its manifest.
    """
    found: dict[str, dict[str, Any]] = {}
    for release in kept_releases(call.paths):
        try:
            content = read_release(call.paths.release(release))
        except Problem:
            continue
        if content:
            found[release] = _shared(content)
    return found


def _shared(content: Content) -> dict[str, Any]:
    accessories = content.get("accessories")
    rest = {key: value for key, value in (accessories or {}).items() if key != "compose"}
    files = [{key: one[key] for key in PLACES if key in one} for one in content.get("files") or ()]
    return {**without_contents(content), "files": files, "accessories": rest or None}


def _unreadable(
    call: Call, state: State, release: str, found: str, known: Content | None
) -> Ailment:
    path = record_file(call.paths.release(release))
    accessories = (state.accessories_release, state.accessories_fleet)
    is_used = release in {*state.releases_in_slots(), *accessories}
    is_used = is_used or not unmounted(call, [release])
    content = _rebuilt(call, state, release, known) if known else None
    kept = f"keeps it as {bad(path).name}"
    if content:
        whole = content

        def write() -> None:
            call.fence()
            keep_bad(path)
            write_sealed(path, {"manifest": whole})

        return Ailment("release", str(path), found, f"{kept} and writes it anew", mend=write)
    if is_used:
        deploy = "./invoke deploy another version"
        following = f"another host has to have it; or mv {path} {bad(path)}, then {deploy}"
        return Ailment("release", str(path), found, "", following)
    forgets = f"keeps the release as {_aside(call, release).name} and forgets it: nothing uses it"
    return Ailment("release", str(path), found, forgets, mend=lambda: _forget(call, release))


def _forget(call: Call, release: str) -> None:
    """Move the whole folder aside, so that the release may be staged again."""
    state = call.fence()
    others = {key: entry for key, entry in state.releases.items() if key != release}
    last_good = None if state.last_good == release else state.last_good
    call.save(replace(state, releases=others, last_good=last_good))
    aside = _aside(call, release)
    shutil.rmtree(aside, ignore_errors=True)
    call.paths.release(release).rename(aside)
    sync_directory(call.paths.releases)


def _aside(call: Call, release: str) -> Path:
    """A name that no release has."""
    return call.paths.releases / f".{release}.bad"


def _rebuilt(call: Call, state: State, release: str, known: Content) -> dict[str, Any] | None:
    """The manifest from what another host told and the files here; None unless its hash is right.

    The hash covers everything that runs, so nothing that differs can pass.
    """
    folder = call.paths.release(release)
    try:
        accessories = known["accessories"]
        if accessories:
            accessories = {**accessories, "compose": accessories_file(folder).read_bytes().decode()}
        content = {
            **known,
            "compose": compose_file(folder).read_bytes().decode(),
            "files": [_file(folder, one) for one in known["files"]],
            "accessories": accessories,
        }
        Manifest.from_json(content)
    except (OSError, KeyError, TypeError, UnicodeError, Problem):
        return None
    entry = state.releases.get(release)
    recorded = entry.hash if entry else content["hash"]
    return content if content_hash(content) == content["hash"] == recorded else None


def _file(folder: Path, place: Content) -> dict[str, Any]:
    data = (files_folder(folder) / relative_path(place["path"])).read_bytes()
    sealed = {
        "sha256": hashlib.sha256(data).hexdigest(),
        "content_base64": base64.b64encode(data).decode(),
    }
    return {**place, **sealed}


def _away(call: Call) -> str:
    path = call.paths.freeze
    return f"ask who froze it, then mv {path} {bad(path)}"
