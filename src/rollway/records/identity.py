"""Who runs this: the names and numbers a lock carries, read from this controller."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROC = Path("/proc")


def new_run_id(verb: str, *, now: datetime | None = None) -> str:
    """`20260131T120000Z-deploy-1a2b3c`: sorts by time, and two at once differ."""
    moment = now or datetime.now(UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{verb.replace('.', '-')}-{secrets.token_hex(3)}"


def verb_of(run_id: str) -> str | None:
    """The verb in an id that `new_run_id` made."""
    _time, _, rest = run_id.partition("-")
    return rest.partition("-")[0] or None


def describe_run(
    run_id: str, *, verb: str, process: int, reason: str = "", env: str = ""
) -> dict[str, Any]:
    """What a lock names: run, owner, reason, start, environment and the process that holds it."""
    return {
        "id": run_id,
        "verb": verb,
        "owner": owner(),
        "reason": reason or verb,
        "env": env,
        "started": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "controller": {
            "machine_id": _read(Path("/etc/machine-id")) or socket.gethostname(),
            "boot_id": _read(PROC / "sys/kernel/random/boot_id"),
            "pid": process,
            "start_ticks": start_ticks(process),
        },
    }


def owner() -> str:
    """The person as `user@host`, or the CI job that acts for them."""
    job = os.environ.get("BUILD_TAG") or os.environ.get("GITHUB_RUN_ID")
    name = job or os.environ.get("SUDO_USER") or _user_name()
    text = name.encode(errors="replace").decode()  # bytes of another encoding become ?
    return f"{text}@{socket.gethostname()}"


def live_processes() -> dict[str, Any]:
    """The runs this controller has alive: proof, for a host, that a holder is dead.

    `scan_ticks` is the clock of `start_ticks` (jiffies since boot, proc(5)) at the scan: a
    process that began later was not looked for. It is 0, and nothing proven, where processes of
    others are hidden (`hidepid`).
    """
    scan = int(_uptime_seconds() * os.sysconf("SC_CLK_TCK")) if _sees_everybody() else 0
    return {"scan_ticks": scan, "processes": [list(pair) for pair in _playbook_processes()]}


def start_ticks(process: int) -> int:
    """Field 22 of /proc/<pid>/stat; 0 for a process that is gone."""
    text = _read(PROC / str(process) / "stat")
    return int(text.rsplit(")", 1)[1].split()[19]) if text else 0


def _playbook_processes() -> list[tuple[int, int]]:
    numbers = [
        int(folder.name)
        for folder in PROC.iterdir()
        if folder.name.isdigit() and "ansible-playbook" in _command_of(folder)
    ]
    return [(number, start_ticks(number)) for number in numbers]


def _sees_everybody() -> bool:
    """The first process is another user's for everybody but root."""
    try:
        return bool((PROC / "1" / "cmdline").read_bytes())
    except OSError:
        return False


def _command_of(folder: Path) -> str:
    try:
        return (folder / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _uptime_seconds() -> float:
    text = _read(PROC / "uptime")
    return float(text.split()[0]) if text else time.monotonic()


def _user_name() -> str:
    try:
        return getpass.getuser()
    except KeyError:
        return str(os.getuid())


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
