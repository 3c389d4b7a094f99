"""What a host is: versions, memory, disk; and whether it is new enough."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from . import compose
from .call import Call
from .clock import Clock
from .files import read_json, write_atomic
from .problem import Problem

LAUNCHER = Path("/usr/local/sbin/rollway-host")
ENGINE_MINIMUM = (25, 0)
COMPOSE_MINIMUM = (2, 24, 4)
MEMINFO = Path("/proc/meminfo")


def app_host_facts(call: Call, *, remembers: bool) -> dict[str, Any]:
    """Return an app host's facts; Problem when its engine or Compose is too old or missing.

    `remembers` allows to note Compose's version on the host, for the next time.
    """
    engine, clock = call.tools.engine, call.tools.clock
    engine_version = str(engine.version().get("Version", ""))
    check_engine(engine_version)
    compose_version = _compose_version(call, remembers=remembers)
    check_compose(compose_version)
    data_root = engine.info()["DockerRootDir"]
    return {
        **host_facts(clock),
        "engine": engine_version,
        "compose": compose_version,
        "disk_free_bytes": free_bytes(data_root),
        "host_unit": LAUNCHER.is_file(),
    }


def host_facts(clock: Clock) -> dict[str, Any]:
    """Return what any host tells, without an engine; `wall` is its clock, in seconds since 1970."""
    return {
        **memory(MEMINFO.read_text()),
        "hostname": socket.gethostname(),
        "boot_id": clock.boot_id(),
        "wall": round(clock.wall(), 3),
    }


def _compose_version(call: Call, *, remembers: bool) -> str:
    """Ask Compose once for as long as its program is the same file: its start takes a while."""
    plugin = compose.compose_plugin()
    if plugin is None:
        return compose.version(call.tools.run)
    file = {"path": str(plugin), **_identity(plugin.stat())}
    with contextlib.suppress(Problem, KeyError, TypeError):  # a memory that is spoiled is none
        known = read_json(call.paths.compose)
        if known["file"] == file:
            return str(known["version"])
    version = compose.version(call.tools.run)
    if version and remembers and call.paths.root.is_dir():
        write_atomic(call.paths.compose, json.dumps({"file": file, "version": version}), 0o600)
    return version


def _identity(found: os.stat_result) -> dict[str, int]:
    return {"inode": found.st_ino, "bytes": found.st_size, "changed": found.st_ctime_ns}


def check_engine(version: str) -> None:
    """Refuse an engine that is too old to be used."""
    if compose.version_numbers(version) < ENGINE_MINIMUM:
        raise _too_old("Docker Engine", version, "25.0")


def check_compose(version: str) -> None:
    """Refuse a Compose that is missing or too old to be used."""
    if compose.version_numbers(version) < COMPOSE_MINIMUM:
        raise _too_old("Docker Compose", version, "2.24.4")


def memory(meminfo: str) -> dict[str, int]:
    """Return total and available memory in bytes, from the text of /proc/meminfo."""
    fields = dict(line.split(":", 1) for line in meminfo.splitlines() if ":" in line)

    def in_bytes(name: str) -> int:
        return int(fields[name].split()[0]) * 1024

    return {
        "memory_total_bytes": in_bytes("MemTotal"),
        "memory_available_bytes": in_bytes("MemAvailable"),
    }


def free_bytes(folder: str) -> int:
    """Return what an ordinary user may still write below `folder`."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _too_old(what: str, version: str, minimum: str) -> Problem:
    return Problem(
        what,
        f"found {version}" if version else "not found",
        f"{minimum} or newer (Debian 13, Ubuntu 24.04, or Docker's own packages)",
        "./invoke provision",
    )
