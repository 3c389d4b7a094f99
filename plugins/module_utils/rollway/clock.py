"""Time on a host: monotonic for waiting, boot time for deadlines, wall time only for people."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol


class Clock(Protocol):
    """What waits and deadlines need of time; unit tests bring one that does not sleep."""

    def monotonic(self) -> float:
        """Return seconds on a clock that never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""

    def wall(self) -> float:
        """Return seconds since 1970, as the host believes."""

    def boottime(self) -> float:
        """Return seconds since the host booted."""

    def boot_id(self) -> str:
        """Return the kernel's id of this boot."""


class HostClock:
    """The host's own clocks."""

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wall(self) -> float:
        return time.time()

    def boottime(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


@dataclass(frozen=True)
class Moment:
    """A point in time that survives clock changes within a boot and a reboot within reason.

    `boottime` counts as long as `boot_id` is this boot's; after a reboot only `wall` is left.
    """

    wall: float
    boot_id: str
    boottime: float

    @classmethod
    def now(cls, clock: Clock) -> Moment:
        """Return the present."""
        return cls(round(clock.wall(), 3), clock.boot_id(), round(clock.boottime(), 3))

    @classmethod
    def from_json(cls, value: Any) -> Moment | None:
        """Return the moment in a state file; None stays None."""
        if value is None:
            return None
        return cls(float(value["wall"]), str(value["boot_id"]), float(value["boottime"]))

    def to_json(self) -> dict[str, Any]:
        """Return the moment for a state file."""
        return asdict(self)

    def after(self, seconds: float) -> Moment:
        """Return the moment `seconds` later."""
        return Moment(self.wall + seconds, self.boot_id, self.boottime + seconds)

    def seconds_left(self, clock: Clock) -> float:
        """Return seconds until this moment; negative when it has passed."""
        if self.boot_id == clock.boot_id():
            return self.boottime - clock.boottime()
        return self.wall - clock.wall()


def timestamp(clock: Clock) -> str:
    """Return the present as RFC 3339 in UTC, for people and records."""
    return datetime.fromtimestamp(clock.wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
