"""Files that survive a crash: atomic writes, JSON that names its path, exclusive locks."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .problem import Problem


def write_atomic(path: str | os.PathLike[str], data: bytes | str, mode: int = 0o644) -> None:
    """Replace `path` by `data` so that a reader, or a crash, sees the old or the new file whole.

    A temporary file in the same directory gets its mode before its content, is synced and renamed;
    then the directory is synced, since a rename alone may be lost with the power. An OSError names
    `path`: a full disk names no file by itself, and the temporary one says nothing to a person.
    """
    target = Path(path)
    try:
        _replace(target, data.encode() if isinstance(data, str) else data, mode)
        sync_directory(target.parent)
    except OSError as error:
        error.filename = str(target)
        raise


def _replace(target: Path, content: bytes, mode: int) -> None:
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            os.fchmod(handle.fileno(), mode)
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def sync_directory(path: str | os.PathLike[str]) -> None:
    """Make renames and removals inside `path` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_durably(path: str | os.PathLike[str]) -> None:
    """Remove a file, for good even if the power fails now; one that is gone already is fine."""
    Path(path).unlink(missing_ok=True)
    sync_directory(Path(path).parent)


def read_json(path: str | os.PathLike[str]) -> Any:
    """Return the JSON value in `path`, or None where there is no such file.

    Raises Problem, naming the path, when the content is not JSON in UTF-8.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        raise Problem(str(path), f"not valid JSON: {error}", "a JSON file in UTF-8") from error


@contextlib.contextmanager
def exclusive(path: str | os.PathLike[str], *, wait: bool = True) -> Iterator[int]:
    """Hold an exclusive `flock` on `path` (made when missing) for the length of the block.

    The kernel drops it when the process dies. With `wait=False` a held lock raises BlockingIOError.
    What is yielded is the open file.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield descriptor
    finally:
        os.close(descriptor)
