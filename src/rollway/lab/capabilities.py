"""Which capabilities a lab host gets: by name, since `--privileged` is refused in some sandboxes.

A machine whose bounding set lacks one capability (CAP_SYS_RESOURCE is a usual one) refuses
`--privileged` with "unable to apply caps". The names below are those Docker 20.10 knows.
"""

from __future__ import annotations

from pathlib import Path

# Numbers of linux/capability.h
_NUMBERS = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "DAC_READ_SEARCH": 2,
    "FOWNER": 3,
    "FSETID": 4,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "SETPCAP": 8,
    "LINUX_IMMUTABLE": 9,
    "NET_BIND_SERVICE": 10,
    "NET_BROADCAST": 11,
    "NET_ADMIN": 12,
    "NET_RAW": 13,
    "IPC_LOCK": 14,
    "IPC_OWNER": 15,
    "SYS_MODULE": 16,
    "SYS_RAWIO": 17,
    "SYS_CHROOT": 18,
    "SYS_PTRACE": 19,
    "SYS_PACCT": 20,
    "SYS_ADMIN": 21,
    "SYS_BOOT": 22,
    "SYS_NICE": 23,
    "SYS_RESOURCE": 24,
    "SYS_TIME": 25,
    "SYS_TTY_CONFIG": 26,
    "MKNOD": 27,
    "LEASE": 28,
    "AUDIT_WRITE": 29,
    "AUDIT_CONTROL": 30,
    "SETFCAP": 31,
    "MAC_OVERRIDE": 32,
    "MAC_ADMIN": 33,
    "SYSLOG": 34,
    "WAKE_ALARM": 35,
    "BLOCK_SUSPEND": 36,
    "AUDIT_READ": 37,
}


def grantable(status: str) -> list[str]:
    """The names that a process with this `/proc/<pid>/status` text may hand on, in order.

    Without a readable bounding set (the engine is on another machine or another system) all but
    SYS_RESOURCE, which every engine grants.
    """
    mask = _bounding_set(status)
    if mask is None:
        return [name for name in _NUMBERS if name != "SYS_RESOURCE"]
    return [name for name, number in _NUMBERS.items() if mask >> number & 1]


def _bounding_set(status: str) -> int | None:
    for line in status.splitlines():
        if line.startswith("CapBnd:"):
            return int(line.split()[1], 16)
    return None


def own_status() -> str:
    """This process's status text; empty where there is no /proc (macOS)."""
    path = Path("/proc/1/status")
    return path.read_text() if path.exists() else ""
