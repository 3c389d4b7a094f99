"""The clocks of hosts beside the controller's. They are told to people; nothing is decided by them.

What Rollway decides never compares clocks of two machines. But logs, certificates and metrics go by
them.
"""

from __future__ import annotations

from collections.abc import Iterable

from rollway.rollout.journal import Event

MOST_SECONDS = 5.0


def clock_notes(acquired: Iterable[Event]) -> list[str]:
    """A sentence for each host whose clock is off by more than `MOST_SECONDS`."""
    return [
        f"{event.host}: its clock is {abs(off):.0f} s {_side(off)} this controller's; "
        f"next: timedatectl on {event.host}"
        for event in acquired
        if abs(off := _seconds_off(event)) > MOST_SECONDS
    ]


def _side(off: float) -> str:
    return "ahead of" if off > 0 else "behind"


def _seconds_off(event: Event) -> float:
    """How far ahead; the host looked at its clock at some time in the seconds of its answer."""
    wall = (event.result.get("facts") or {}).get("wall")
    if wall is None:
        return 0.0
    latest, earliest = event.time, event.time - float(event.result.get("seconds") or 0.0)
    return float(wall) - min(max(float(wall), earliest), latest)
