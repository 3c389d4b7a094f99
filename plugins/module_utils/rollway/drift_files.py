"""Releases as they lie on a host, against their own manifest and the state file."""

from __future__ import annotations

import hashlib
import json
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .call import Call
from .files import write_atomic
from .finding import DEPLOY, DOCTOR, Finding
from .manifest import Manifest
from .names import ACCESSORIES, SLOTS, relative_path
from .place import Place, environment
from .problem import Problem
from .releases import (
    accessories_file,
    compose_file,
    counter,
    file_content,
    files_folder,
    kept_releases,
    read_release,
    record_file,
    restore_file,
)
from .state import State

# what a release is called and where it came from; rollway.release.manifest says the same
NOT_HASHED = frozenset({"id", "created", "source", "notes", "hash", "version", "layers", "scaled"})
_AS_RELEASED = "as it was released"


def release_findings(call: Call, state: State) -> Iterator[Finding]:
    """Compare every release on record with its folder, and every folder with the record."""
    paths = call.paths
    for release in sorted(state.releases, key=counter):
        yield from _release(call, state, release)
    for release in sorted(set(kept_releases(paths)) - set(state.releases), key=counter):
        folder = paths.release(release)
        accepted = "a release that the state file names"
        away = f"mv {folder} {folder.with_name(f'.{release}.bad')}"
        yield Finding("file", str(folder), "a release that is not on record", accepted, away)


def content_hash(content: Mapping[str, Any]) -> str:
    """The hash of everything that runs, as the controller made it."""
    kept = {key: value for key, value in content.items() if key not in NOT_HASHED}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def slot_environment(call: Call, manifest: Manifest, place: Place, slot: str) -> Iterator[Finding]:
    """Compare the values a slot was started with; all are names, numbers and addresses.

    Ports may have been reserved since: a variable more than the file has is no finding.
    """
    ports = place.ports if slot != ACCESSORIES else {}
    text = environment(call, manifest, replace(place, slot=slot, ports=ports))
    wanted, path = _pairs(text), call.paths.slot_env(slot)

    def write() -> None:
        call.fence()
        write_atomic(path, text, mode=0o600)

    def finding(found: str, accepted: str) -> Finding:
        return Finding.mended("environment", str(path), found, accepted, "writes it anew", write)

    if not path.is_file():
        yield finding("not there", "the values the slot was started with")
        return
    known = _pairs(path.read_text(encoding="utf-8"))
    for name in sorted({*known, *wanted}):
        have, need = known.get(name), wanted.get(name)
        if have != need and not _is_harmless(slot, name, have):
            accepted = "no such value" if need is None else f"{name}={need}"
            yield finding(f"{name}={have or '(not there)'}", accepted)


def _is_harmless(slot: str, name: str, have: str | None) -> bool:
    """Ports reserved since; and the slot that an older Rollway wrote beside accessories' values."""
    if slot == ACCESSORIES and name == "ROLLWAY_SLOT":
        return have in ("", *SLOTS)
    return have is None and name.startswith("ROLLWAY_PORT_")


def _release(call: Call, state: State, release: str) -> Iterator[Finding]:
    folder, recorded = call.paths.release(release), state.releases[release].hash
    path = record_file(folder)
    try:
        content = read_release(folder)
    except Problem as problem:
        yield Finding("file", str(path), problem.data["found"], _AS_RELEASED, verb=DOCTOR)
        return
    if content is None:
        yield _gone(call, state, release)
        return
    if content_hash(content) != recorded:
        accepted = f"hash {recorded[:12]}"
        yield Finding("file", str(path), "its content was changed", accepted, verb=DOCTOR)
        return
    manifest = Manifest.from_json(content)
    yield from _text(call, compose_file(folder), manifest.compose)
    if manifest.accessories:
        yield from _text(call, accessories_file(folder), manifest.accessories.compose)
    yield from _files(call, files_folder(folder), manifest)


def _gone(call: Call, state: State, release: str) -> Finding:
    """A release without its folder: one that nothing uses is forgotten."""
    where, found = str(call.paths.release(release)), "not there"
    accepted = "the release that the state file names"
    accessories = (state.accessories_release, state.accessories_fleet)
    if release in {*state.releases_in_slots(), *accessories}:
        return Finding("file", where, found, accepted, verb=DEPLOY)

    def forget() -> None:
        now = call.fence()
        others = {key: entry for key, entry in now.releases.items() if key != release}
        last_good = None if now.last_good == release else now.last_good
        call.save(replace(now, releases=others, last_good=last_good))

    fix = "forgets it: nothing uses it"
    return Finding.mended("file", where, found, accepted, fix, forget)


def _text(call: Call, path: Path, wanted: str) -> Iterator[Finding]:
    entry = {"mode": "0600"}
    if not path.is_file():
        yield _restored(call, path, "not there", _AS_RELEASED, content=wanted.encode(), file=entry)
    elif path.read_bytes() != wanted.encode():
        found = "its content was changed"
        yield _restored(call, path, found, _AS_RELEASED, content=wanted.encode(), file=entry)


def _files(call: Call, folder: Path, manifest: Manifest) -> Iterator[Finding]:
    wanted = {str(relative_path(one["path"])): one for one in manifest.content.get("files") or ()}
    for name, file in sorted(wanted.items()):
        yield from _file(call, folder / name, file)
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).as_posix() not in wanted and not path.is_dir():
            away = shlex.join(["rm", str(path)])
            found, accepted = "no file of the release", "the release's own files"
            yield Finding("file", str(path), found, accepted, away)


def _file(call: Call, path: Path, file: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare content, mode and owner; of the content only whether it is the same."""

    def finding(found: str, accepted: str) -> Finding:
        return _restored(call, path, found, accepted, content=file_content(file), file=file)

    if path.is_symlink() or not path.is_file():
        yield finding("not there", _AS_RELEASED)
        return
    if hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
        yield finding("its content was changed", _AS_RELEASED)
    status, mode = path.stat(), int(str(file["mode"]), 8) & 0o777
    if stat.S_IMODE(status.st_mode) != mode:
        yield finding(f"mode {stat.S_IMODE(status.st_mode):04o}", f"{mode:04o}")
    owner = (int(file.get("uid") or 0), int(file.get("gid") or 0))
    if (status.st_uid, status.st_gid) != owner:
        yield finding(f"owner {status.st_uid}:{status.st_gid}", f"{owner[0]}:{owner[1]}")


def _restored(
    call: Call, path: Path, found: str, accepted: str, *, content: bytes, file: Mapping[str, Any]
) -> Finding:
    def write() -> None:
        call.fence()
        restore_file(path, content, file)

    return Finding.mended("file", str(path), found, accepted, "writes it as it was", write)


def _pairs(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if line)
    return {name: value for name, _, value in lines}
