"""The streaming answer: a JSON object a line, for a bounded time, with a recognisable end."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iris_service.protocol import BadRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_SECONDS = 300.0
SHORTEST_INTERVAL = 0.01


@dataclass(frozen=True)
class Stream:
    """How long to stream and how often to send a line, both in seconds."""

    seconds: float
    interval: float

    def lines(
        self,
        version: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Iterator[str]:
        """Lines with version and index; only the last has done: true, so a cut is seen."""
        started = clock()
        count = math.ceil(self.seconds / self.interval)
        for index in range(count):
            yield json.dumps({"version": version, "index": index, "done": False}) + "\n"
            due = started + min((index + 1) * self.interval, self.seconds)
            sleep(max(0.0, due - clock()))
        yield json.dumps({"version": version, "index": count, "done": True}) + "\n"


def from_query(query: Mapping[str, str]) -> Stream:
    """The stream that ?seconds= and &interval= ask for."""
    return Stream(
        seconds=_number(query, "seconds", default=20.0, lowest=0.0, highest=LONGEST_SECONDS),
        interval=_number(query, "interval", default=0.2, lowest=SHORTEST_INTERVAL, highest=60.0),
    )


def _number(
    query: Mapping[str, str], name: str, *, default: float, lowest: float, highest: float
) -> float:
    text = query.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not lowest <= value <= highest:
        raise BadRequestError(f"{name}: found {text!r}; accepted: {lowest} to {highest} seconds")
    return value
