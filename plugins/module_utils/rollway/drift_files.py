"""Releases as they lie on a host, against their own manifest and the state file."""

from __future__ import annotations

import hashlib
import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .call import Call
from .finding import Finding
from .manifest import Manifest
from .names import relative_path
from .paths import AppPaths
from .place import Place, environment
from .problem import Problem
from .releases import (
    accessories_file,
    compose_file,
    counter,
    files_folder,
    kept_releases,
    read_release,
)
from .state import State

# what a release is called and where it came from; rollway.release.manifest says the same
NOT_HASHED = frozenset({"id", "created", "source", "notes", "hash", "version", "layers", "scaled"})
_AS_RELEASED = "as it was released"


def release_findings(paths: AppPaths, state: State) -> Iterator[Finding]:
    """Compare every release on record with its folder, and every folder with the record."""
    for release in sorted(state.releases, key=counter):
        yield from _release(paths, release, state.releases[release].hash)
    for release in sorted(set(kept_releases(paths)) - set(state.releases), key=counter):
        folder = paths.release(release)
        accepted = "a release that the state file names"
        yield Finding("file", str(folder), "a release that is not on record", accepted)


def content_hash(content: Mapping[str, Any]) -> str:
    """The hash of everything that runs, as the controller made it."""
    kept = {key: value for key, value in content.items() if key not in NOT_HASHED}
    text = json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def slot_environment(call: Call, manifest: Manifest, place: Place, slot: str) -> Iterator[Finding]:
    """Compare the values a slot was started with; all are names, numbers and addresses.

    Ports may have been reserved since: a variable more than the file has is no finding.
    """
    ports = place.ports if slot != "accessories" else {}
    wanted = _pairs(environment(call, manifest, replace(place, slot=slot, ports=ports)))
    path = call.paths.slot_env(slot)
    if not path.is_file():
        yield Finding("environment", str(path), "not there", "the values the slot was started with")
        return
    known = _pairs(path.read_text(encoding="utf-8"))
    for name in sorted({*known, *wanted}):
        have, need = known.get(name), wanted.get(name)
        if have != need and not (have is None and name.startswith("ROLLWAY_PORT_")):
            accepted = "no such value" if need is None else f"{name}={need}"
            yield Finding("environment", str(path), f"{name}={have or '(not there)'}", accepted)


def _release(paths: AppPaths, release: str, recorded: str) -> Iterator[Finding]:
    folder = paths.release(release)
    path = folder / "release.json"
    try:
        content = read_release(folder)
    except Problem as problem:
        yield Finding("file", str(path), problem.data["found"], _AS_RELEASED)
        return
    if content is None:
        yield Finding("file", str(folder), "not there", "the release that the state file names")
        return
    if content_hash(content) != recorded:
        yield Finding("file", str(path), "its content was changed", f"hash {recorded[:12]}")
        return
    manifest = Manifest.from_json(content)
    yield from _text(compose_file(folder), manifest.compose)
    if manifest.accessories:
        yield from _text(accessories_file(folder), manifest.accessories.compose)
    yield from _files(files_folder(folder), manifest)


def _text(path: Path, wanted: str) -> Iterator[Finding]:
    if not path.is_file():
        yield Finding("file", str(path), "not there", _AS_RELEASED)
    elif path.read_bytes() != wanted.encode():
        yield Finding("file", str(path), "its content was changed", _AS_RELEASED)


def _files(folder: Path, manifest: Manifest) -> Iterator[Finding]:
    wanted = {str(relative_path(one["path"])): one for one in manifest.content.get("files") or ()}
    for name, file in sorted(wanted.items()):
        yield from _file(folder / name, file)
    for path in sorted(folder.rglob("*")):
        if path.relative_to(folder).as_posix() not in wanted and not path.is_dir():
            yield Finding("file", str(path), "no file of the release", "the release's own files")


def _file(path: Path, file: Mapping[str, Any]) -> Iterator[Finding]:
    """Compare content, mode and owner; of the content only whether it is the same."""
    if path.is_symlink() or not path.is_file():
        yield Finding("file", str(path), "not there", _AS_RELEASED)
        return
    if hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
        yield Finding("file", str(path), "its content was changed", _AS_RELEASED)
    status, mode = path.stat(), int(str(file["mode"]), 8) & 0o777
    if stat.S_IMODE(status.st_mode) != mode:
        yield Finding("file", str(path), f"mode {stat.S_IMODE(status.st_mode):04o}", f"{mode:04o}")
    owner = (int(file.get("uid") or 0), int(file.get("gid") or 0))
    if (status.st_uid, status.st_gid) != owner:
        found = f"owner {status.st_uid}:{status.st_gid}"
        yield Finding("file", str(path), found, f"{owner[0]}:{owner[1]}")


def _pairs(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if line)
    return {name: value for name, _, value in lines}
