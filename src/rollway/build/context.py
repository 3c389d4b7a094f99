"""The files that the engine gets: packed so that the same content is the same bytes anywhere."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping
from typing import IO

from rollway.build.recipe import Recipe
from rollway.errors import RollwayError

_BLOCK = 1 << 20


def pack(recipe: Recipe, archive: IO[bytes]) -> int:
    """Write the context as a tar file, without what .dockerignore names; returns how many files.

    Owner, time and the permissions of a checkout are left out: git keeps only the program bit, and
    a strict umask must not make files in an image unreadable.
    """
    paths = _files(recipe)
    with tarfile.open(mode="w", fileobj=archive, format=tarfile.PAX_FORMAT) as tar:
        for name in paths:
            tar.add(recipe.context / name, arcname=name, recursive=False, filter=_plain)
    archive.seek(0)
    return sum((recipe.context / name).is_file() for name in paths)


def inputs_hash(recipe: Recipe, archive: IO[bytes], args: Mapping[str, str]) -> str:
    """SHA-256, in hex, of all that a build is made from: files, arguments, target, labels."""
    digest = hashlib.sha256()
    settings = [recipe.dockerfile, recipe.target, dict(args), dict(recipe.labels)]
    digest.update(json.dumps(settings, sort_keys=True).encode() + b"\0")
    while block := archive.read(_BLOCK):
        digest.update(block)
    archive.seek(0)
    return digest.hexdigest()


def _files(recipe: Recipe) -> list[str]:
    from docker.utils.build import exclude_paths

    ignore = recipe.context / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return sorted(exclude_paths(str(recipe.context), patterns, dockerfile=recipe.dockerfile))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    if not (entry.isfile() or entry.isdir() or entry.issym() or entry.islnk()):
        raise RollwayError(entry.name, "it is no file that an image can hold", next=".dockerignore")
    is_program = entry.isdir() or entry.issym() or bool(entry.mode & 0o100)
    entry.mode = 0o755 if is_program else 0o644
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    entry.pax_headers = {}
    return entry
