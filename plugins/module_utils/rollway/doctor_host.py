"""The host around an application: its engine, its units and timers, its ports, its disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from . import timer
from .ailment import Ailment
from .call import Call
from .engine import EngineProblem
from .facts import LAUNCHER
from .files import exclusive
from .ports import Table, read_ports
from .problem import Problem
from .sealed import write_sealed
from .seen import APP_LABEL
from .state import DRAINING, WARM, State

BOOT_UNIT = "rollway-boot.service"
PROVISION = "./invoke provision"
SYSTEMCTL_SECONDS = 20.0
LEAST_FREE = 0.1  # of a disk
LEAST_FREE_BYTES = 1 << 30


def engine_ailment(call: Call) -> Ailment | None:
    """Say whether the engine answers; without one nothing is known of containers."""
    try:
        call.tools.engine.version()
    except EngineProblem as problem:
        found, following = problem.data["found"], "systemctl restart docker"
        return Ailment("engine", problem.data["where"], found, "", following)
    return None


def unit_ailments(call: Call, state: State | None) -> Iterator[Ailment]:
    """The command and the boot unit that provision installs, and the timers of slots that leave."""
    if not LAUNCHER.is_file():
        yield Ailment("unit", str(LAUNCHER), "not there", "", PROVISION)
        return
    asked = call.tools.run(["systemctl", "is-enabled", BOOT_UNIT], seconds=SYSTEMCTL_SECONDS)
    if not asked.is_ok:
        yield Ailment("unit", BOOT_UNIT, asked.last_words(), "", PROVISION)
    for slot, one in (state.slots if state else {}).items():
        name = timer.unit(call.paths.app, slot)
        leaves = one.state in (WARM, DRAINING) and not one.may_serve
        if leaves and state and slot != state.active and _is_off(call, name):
            left = one.deadline.seconds_left(call.tools.clock) if one.deadline else 0.0
            words = f"no timer ends {slot}, which is {one.state}"
            fix = f"arms it, for {max(1, round(left))} s"
            yield Ailment("unit", f"{name}.timer", words, fix, mend=_armer(call, slot, left))


def _is_off(call: Call, name: str) -> bool:
    """The timer waits, or the service it started works: else nothing will end the slot."""
    asked = ["systemctl", "is-active", f"{name}.timer", f"{name}.service"]
    return not call.tools.run(asked, seconds=SYSTEMCTL_SECONDS).is_ok


def _armer(call: Call, slot: str, seconds: float) -> Callable[[], None]:
    def mend() -> None:
        call.fence()
        warning = timer.arm(call.tools.run, call.paths.app, slot, seconds=seconds)
        call.remarks.extend([warning] if warning else [])

    return mend


def port_ailments(call: Call) -> Iterator[Ailment]:
    """Ports of applications that are on this host no more."""
    try:
        table = read_ports(call.paths)
    except Problem as problem:
        following = f"restore {call.paths.ports} from a backup: what runs has the ports it names"
        yield Ailment("ports", str(call.paths.ports), problem.data["found"], "", following)
        return
    for app in _ownerless(call, table):
        where = f"{call.paths.ports}/{app}"
        count = sum(len(ports) for slots in table[app].values() for ports in slots.values())
        words = f"{count} ports are reserved for an application that is not on this host"
        yield Ailment("ports", where, words, "frees them", mend=_freer(call, app))


def _ownerless(call: Call, table: Table) -> list[str]:
    """Whoever reserves ports makes its folder first; containers without one may still serve."""
    lost = [app for app in sorted(table) if not (call.paths.root / app).is_dir()]
    if not lost:
        return []
    listed = call.tools.engine.containers()
    present = {(item.get("Labels") or {}).get(APP_LABEL) for item in listed}
    return [app for app in lost if app not in present]


def _freer(call: Call, app: str) -> Callable[[], None]:
    def mend() -> None:
        with exclusive(call.paths.ports_mutex):
            table = read_ports(call.paths)
            if app in _ownerless(call, table):
                call.fence()
                kept = {name: ports for name, ports in table.items() if name != app}
                write_sealed(call.paths.ports, {"apps": kept})

    return mend


def disk_remarks(call: Call, *, has_engine: bool) -> list[str]:
    """Name the disks of records and engine that are nearly full, each once."""
    folders = [call.paths.root]
    folders += [Path(call.tools.engine.info()["DockerRootDir"])] if has_engine else []
    found: dict[int, str] = {}
    for folder in folders:
        full = nearly_full(os.statvfs(folder)) if folder.is_dir() else ""
        if full:
            found.setdefault(folder.stat().st_dev, f"{folder}: {full}; ./invoke prune")
    return list(found.values())


def nearly_full(disk: os.statvfs_result) -> str:
    """Say how little is free of a disk; '' where there is enough."""
    free, whole = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
    if not whole or (free >= LEAST_FREE * whole and free >= LEAST_FREE_BYTES):
        return ""
    return f"{free / (1 << 30):.1f} GiB of {whole / (1 << 30):.1f} are free"
