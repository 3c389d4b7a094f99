"""Changes that take a reload: files checked together, replaced, put back when HAProxy refuses."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .command import run
from .edge_store import Paths
from .files import write_atomic
from .haproxy_socket import Master, Processes
from .problem import Problem

RELOAD_SECONDS = 15.0
CHECK_SECONDS = 20.0
_POLL_SECONDS = 0.02

Files = Mapping[Path, str | None]  # None: no such file


def reload_with(paths: Paths, master: Master, files: Files, *, fence: Callable[[], None]) -> int:
    """Replace files and start a worker from them; its process id.

    Problem when HAProxy refuses the files (nothing was changed then), or when no worker comes up
    (the files stand as before, and the worker that served goes on serving). `fence` may raise one,
    too, before each of the two.
    """
    check_configuration(paths, files)
    before = {path: _text(path) for path in files}
    fence()
    write_files(files)
    try:
        fence()
        pid = reload(master)
    except Problem:
        write_files(before)  # not loaded again: the worker that runs was started from them
        raise
    _keep_last_good(paths)
    return pid


def reload(master: Master) -> int:
    """Let the master start a worker from its files and return its process id, once it answers.

    Before 2.7 the master answers before it is done; hence the look at its list.
    """
    before = {worker.pid for worker in master.processes().workers}
    words = master.reload()
    end = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < end:
        now = master.processes()
        if now.failed_reloads:
            raise _no_worker(words)
        if _has_new(now, before):
            master.ask(now.current, "show info")
            return now.current
        time.sleep(_POLL_SECONDS)
    raise _no_worker(words)


def check_configuration(paths: Paths, files: Files) -> None:
    """Let HAProxy itself judge its whole configuration with the candidates in place."""
    with tempfile.TemporaryDirectory(prefix="rollway-edge-") as name:
        folder = Path(name) / paths.fragments.name
        _copy_fragments(paths, folder, files)
        done = run(
            ["haproxy", "-c", "-f", str(paths.main), "-f", str(folder)], seconds=CHECK_SECONDS
        )
        words = _alerts(done.errors).replace(str(folder), str(paths.fragments))
    if not done.is_ok:
        raise Problem(
            f"haproxy -c -f {paths.main} -f {paths.fragments}",
            f"it refuses the configuration: {words}",
            "a configuration that HAProxy loads; nothing was changed",
            "./invoke provision",
        )


def write_files(files: Files) -> None:
    """Write what differs, each file atomically; remove those that are None."""
    for path, text in files.items():
        if text is None:
            path.unlink(missing_ok=True)
        elif _text(path) != text:
            write_atomic(path, text)


def _copy_fragments(paths: Paths, folder: Path, files: Files) -> None:
    folder.mkdir()
    for path in paths.fragments.glob("*.cfg"):
        if path not in files:
            shutil.copy(path, folder)
    for path, text in files.items():
        if text is not None and path.parent == paths.fragments:
            (folder / path.name).write_text(text)


def _keep_last_good(paths: Paths) -> None:
    """For a person who has to look: what the running worker was started from."""
    paths.last_good.mkdir(mode=0o700, exist_ok=True)
    standing = [*sorted(paths.fragments.glob("*.cfg")), paths.map]
    for stale in paths.last_good.iterdir():
        if stale.name not in {path.name for path in standing}:
            stale.unlink()
    for path in standing:
        shutil.copy(path, paths.last_good)


def _alerts(errors: str) -> str:
    """What HAProxy objects to, without its notices and its own time and place."""
    lines = [line.partition(" : ")[2] for line in errors.splitlines() if "[ALERT]" in line]
    return "; ".join(lines) or errors.strip() or "without a word"


def _no_worker(words: str) -> Problem:
    said = " | ".join(line.strip() for line in words.splitlines() if line.strip())
    found = "no worker came up after a reload; the one that served goes on, the files are as before"
    return Problem(
        "haproxy/reload",
        f"{found}: {said}" if said else found,
        "a worker that starts",
        "journalctl --unit=haproxy --lines=30",
    )


def _has_new(now: Processes, before: set[int]) -> bool:
    return any(worker.is_current and worker.pid not in before for worker in now.workers)


def _text(path: Path) -> str | None:
    return path.read_text() if path.exists() else None
