"""Releases as they lie on a host: written whole, never changed, pruned when no longer needed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from .files import read_json, sync_directory, write_atomic
from .manifest import Manifest, without_contents
from .names import relative_path
from .paths import AppPaths
from .problem import Problem
from .sealed import read_sealed, write_sealed
from .state import State


def compose_file(folder: Path) -> Path:
    """Return the rendered Compose file of a release."""
    return folder / "compose.yml"


def accessories_file(folder: Path) -> Path:
    """Return the rendered Compose file of the accessories as this release has them."""
    return folder / "accessories.yml"


def files_folder(folder: Path) -> Path:
    """Return the folder that ${ROLLWAY_FILES} stands for."""
    return folder / "files"


def record_file(folder: Path) -> Path:
    """Return the file with a release's manifest."""
    return folder / "release.json"


def read_release(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a release, or None where there is none; Problem when it is spoiled.

    Manifests that were written before they had a checksum are read as they are.
    """
    file = record_file(folder)
    content = read_json(file)
    if _is_unsealed(content):
        return dict(content)
    sealed = read_sealed(file)
    return None if sealed is None else dict(sealed["manifest"])


def seal_release(paths: AppPaths, release: str) -> None:
    """Give a release from before there were checksums its own."""
    content = read_release(paths.release(release))
    write_sealed(record_file(paths.release(release)), {"manifest": content})


def is_sealed(paths: AppPaths, release: str) -> bool:
    """Say whether the manifest of a release that is there has a checksum."""
    return not _is_unsealed(read_json(record_file(paths.release(release))))


def _is_unsealed(content: Any) -> bool:
    """Without a checksum, `schema` is the manifest's own: 1. That of a sealed file is later."""
    return isinstance(content, dict) and content.get("schema") == 1 and "checksum" not in content


def load_manifest(paths: AppPaths, release: str) -> Manifest:
    """Return a staged release; Problem when the host does not have it."""
    content = read_release(paths.release(release))
    if content is None:
        raise Problem(
            str(paths.release(release)),
            "this release is not on the host",
            ", ".join(sorted(kept_releases(paths))) or "none is kept",
            "deploy it again: ./invoke deploy",
        )
    return Manifest.from_json(content)


def kept_releases(paths: AppPaths) -> list[str]:
    """Return the releases that lie whole on the host."""
    return [path.parent.name for path in paths.releases.glob("[!.]*/release.json")]


def kept_manifests(paths: AppPaths) -> dict[str, dict[str, Any]]:
    """Return what may leave the host of every kept release, by id."""
    found = {name: read_release(paths.release(name)) for name in kept_releases(paths)}
    return {name: without_contents(content) for name, content in found.items() if content}


def is_written(paths: AppPaths, manifest: Manifest) -> bool:
    """Say whether the release lies on the host already; Problem when another has its id."""
    content = read_release(paths.release(manifest.id))
    if content is None:
        return False
    if content.get("hash") != manifest.hash:
        raise Problem(
            str(paths.release(manifest.id)),
            f"holds another release: hash {str(content.get('hash'))[:12]}",
            f"hash {manifest.hash[:12]}",
            "./invoke doctor",
        )
    return True


def write_release(paths: AppPaths, manifest: Manifest) -> None:
    """Write a release beside its place and move it there, so that it is there whole or not."""
    folder = paths.release(manifest.id)
    draft = folder.with_name(f".{manifest.id}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    for file in manifest.content.get("files") or ():
        _write_file(files_folder(draft), file)
    write_atomic(compose_file(draft), manifest.compose, mode=0o600)
    if manifest.accessories:
        write_atomic(accessories_file(draft), manifest.accessories.compose, mode=0o600)
    write_sealed(record_file(draft), {"manifest": dict(manifest.content)})
    draft.rename(folder)
    sync_directory(paths.releases)


def surplus(paths: AppPaths, state: State, *, retention: int, keep: Iterable[str]) -> list[str]:
    """Return the releases to prune, oldest first: beyond `retention` and needed by nothing.

    Never one that stands in a slot, is the last good one, lends its files to the accessories or is
    to, or is named in `keep`.
    """
    ids = sorted({*kept_releases(paths), *state.releases}, key=counter)
    used = {*state.releases_in_slots(), state.last_good, state.accessories_release}
    needed = {*ids[-retention:], *used, *keep, state.accessories_fleet}
    return [release for release in ids if release not in needed]


def remove_release(paths: AppPaths, release: str) -> None:
    """Remove a release from the host."""
    shutil.rmtree(paths.release(release), ignore_errors=True)


def images_in_use(root: Path, *, but: Collection[Path] = ()) -> set[str]:
    """Return the images named by any kept release of any application on this host.

    `but` are folders of releases that do not count.
    """
    found = (path.parent for path in root.glob("*/releases/[!.]*/release.json"))
    return images_of(folder for folder in found if folder not in but)


def images_of(folders: Iterable[Path]) -> set[str]:
    """Return the images that releases name, those of their accessories too."""
    found = [read_release(folder) or {} for folder in folders]
    parts = [part for one in found for part in (one, one.get("accessories") or {})]
    return {image for part in parts for image in (part.get("images") or {}).values()}


def _write_file(folder: Path, file: Mapping[str, Any]) -> None:
    """Write one file; its owner is root unless the manifest names the container's user."""
    path = folder / relative_path(file["path"])
    content = file_content(file)
    _make_readable(path.parent, below=folder.parent)
    write_atomic(path, content, mode=int(str(file["mode"]), 8) & 0o777)
    if file.get("uid") or file.get("gid"):
        os.chown(path, *_owner(file))


def _owner(file: Mapping[str, Any]) -> tuple[int, int]:
    return int(file.get("uid") or 0), int(file.get("gid") or 0)


def restore_file(path: Path, content: bytes, file: Mapping[str, Any]) -> None:
    """Write a file of a release as it was, in its place: a container that mounts it sees that.

    One that is no plain file any more, or has another name elsewhere, makes way for a new one.
    """
    mode = int(str(file["mode"]), 8) & 0o777
    if path.is_dir() and not path.is_symlink():
        found = "a folder where the release has a file"
        raise Problem(str(path), found, "a file", f"rm -r {path}")
    if path.is_symlink() or not path.is_file() or path.stat().st_nlink > 1:
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content, mode=mode)
    elif path.read_bytes() != content:
        path.chmod(0o600)
        path.write_bytes(content)
    os.chown(path, *_owner(file))
    path.chmod(mode)


def _make_readable(folder: Path, *, below: Path) -> None:
    """Make folders that a container's user may enter, whatever the umask; `below` stays 0700."""
    folder.mkdir(parents=True, exist_ok=True)
    while folder != below:
        folder.chmod(0o755)
        folder = folder.parent


def file_content(file: Mapping[str, Any]) -> bytes:
    """Return what a file of a manifest holds; Problem where that is not what it promises."""
    where = f"manifest/files/{file['path']}"
    try:
        content = base64.b64decode(file["content_base64"], validate=True)
    except binascii.Error as error:
        raise Problem(where, f"not base64: {error}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != file["sha256"]:
        raise Problem(where, f"its content has sha256 {found[:12]}", str(file["sha256"])[:12])
    return content


def counter(release: str) -> tuple[int, str]:
    """Order ids such as 9-1.0 before 10-1.1; one without a number is the oldest."""
    number = release.partition("-")[0]
    return (int(number) if number.isdigit() else -1, release)
