"""A limit of this machine that many hosts reach: inotify instances, which all of them share.

Where it is reached a host's systemd or engine does not start, and says so nowhere near the cause.
"""

from __future__ import annotations

from pathlib import Path

from rollway import exits
from rollway.errors import RollwayError

PER_HOST = 7
"""What a host holds: measured 6.6 with systemd, sshd, containerd and dockerd."""

_LIMIT = "fs.inotify.max_user_instances"
_MARGIN = 64  # for what else runs on this machine


def refuse_crowded(new_hosts: int, *, proc: Path = Path("/proc")) -> None:
    """Raise RollwayError where so many further hosts would not start."""
    limit = _limit(proc)
    needed = _in_use(proc) + new_hosts * PER_HOST
    if limit is None or needed <= limit:
        return
    raise RollwayError(
        "lab",
        f"{_LIMIT} is {limit}, and {new_hosts} more hosts need {needed}",
        accepted=f"{needed} or more, or fewer hosts",
        next=f"sysctl -w {_LIMIT}={needed + _MARGIN}, then the same command",
        exit_code=exits.REFUSED,
    )


def _limit(proc: Path) -> int | None:
    """None on a machine without the setting, whose engine is elsewhere."""
    try:
        return int((proc / "sys/fs/inotify/max_user_instances").read_text())
    except (OSError, ValueError):
        return None


def _in_use(proc: Path) -> int:
    return sum(_is_inotify(link) for link in proc.glob("[0-9]*/fd/*"))


def _is_inotify(link: Path) -> bool:
    """False also for what ended meanwhile, or is not ours to read."""
    try:
        return str(link.readlink()) == "anon_inode:inotify"
    except OSError:
        return False
