"""Whether this machine gets the time it asks for; one that shares its processors may not."""

from __future__ import annotations

import time
from pathlib import Path

STOLEN = 7  # the eighth number of a processor's times: what other machines took (man 5 proc_stat)
LOOK_SECONDS = 5.0
MOST_STOLEN = 0.1


def keeps_up() -> bool:
    """Whether other machines leave this one nine tenths of its processors, over five seconds."""
    before = _times()
    time.sleep(LOOK_SECONDS)
    spent = [now - then for now, then in zip(_times(), before, strict=True)]
    return spent[STOLEN] <= MOST_STOLEN * sum(spent)


def _times() -> list[int]:
    line = Path("/proc/stat").read_text().partition("\n")[0]
    return [int(number) for number in line.split()[1 : STOLEN + 2]]
