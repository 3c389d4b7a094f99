"""Changes of topology: files written as one, checked before, put back when HAProxy refuses."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .edge_store import Paths
from .files import write_atomic
from .haproxy_socket import current_pid
from .problem import Problem

RELOAD_SECONDS = 15.0
_CHECK_SECONDS = 20


@dataclass(frozen=True)
class Haproxy:
    """How HAProxy is reached here; `reload` is what makes it read its files again."""

    admin: str
    master: str
    reload: Callable[[], None]


def systemd_reload() -> None:
    """Debian's unit checks the configuration once more, then tells the master to reload."""
    done = subprocess.run(
        ["systemctl", "reload", "haproxy"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Problem("systemctl reload haproxy", done.stderr.strip() or "it failed")


def replace_files(paths: Paths, haproxy: Haproxy, files: Mapping[Path, str | None]) -> None:
    """Check the candidate, write it, reload; on any failure the last good files stand again.

    None removes a file.
    """
    _check(paths, files)
    before = {path: path.read_text() if path.exists() else None for path in files}
    pid = current_pid(haproxy.admin)
    _write(files)
    try:
        haproxy.reload()
        _wait_for_new_worker(haproxy, pid)
    except Problem:
        _write(before)
        haproxy.reload()
        raise


def _write(files: Mapping[Path, str | None]) -> None:
    for path, text in files.items():
        if text is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, text)


def _check(paths: Paths, files: Mapping[Path, str | None]) -> None:
    """Ask HAProxy itself, on a copy of its folder with the candidate in place."""
    with tempfile.TemporaryDirectory(prefix="rollway-edge-") as folder:
        copy = Path(folder) / "haproxy"
        shutil.copytree(paths.config, copy)
        for path, text in files.items():
            target = copy / path.relative_to(paths.config)
            if text is None:
                target.unlink(missing_ok=True)
            else:
                target.write_text(text)
        main = copy / "haproxy.cfg"
        main.write_text(main.read_text().replace(str(paths.map), str(copy / paths.map.name)))
        command = ["haproxy", "-c", "-q", "-f", str(main), "-f", str(copy / "rollway.d")]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_CHECK_SECONDS
        )
    if done.returncode != 0:
        words = " ".join((done.stdout + done.stderr).replace(folder, "").split())
        raise Problem("haproxy -c", f"it refuses the configuration: {words}", "a valid one")


def _wait_for_new_worker(haproxy: Haproxy, old_pid: int) -> None:
    end = time.monotonic() + RELOAD_SECONDS
    while time.monotonic() < end:
        try:
            if current_pid(haproxy.admin) != old_pid:
                return
        except Problem:
            pass  # between two workers nobody answers
        time.sleep(0.02)
    raise Problem(
        "haproxy",
        f"no new worker within {RELOAD_SECONDS:.0f} s of a reload",
        "a worker that starts",
        "journalctl -u haproxy",
    )
