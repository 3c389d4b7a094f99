"""The load: new connections at a constant rate, kept-alive clients with idle gaps, one stream."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.load.http import (
    ANSWER_SECONDS,
    MODEL,
    Connection,
    connect,
    exchange,
    request,
    version_of,
)
from tests.load.report import Report

SHORT_GAPS, LONG_GAPS = (0.05, 0.5), (0.5, 5.0)
CLIENTS_OF_EACH_KIND = 10


@dataclass(frozen=True)
class Load:
    """`rate` new connections a second, for at most `seconds`; `versions` may answer."""

    host: str
    port: int
    rate: float
    seconds: float
    versions: frozenset[str]
    stream_seconds: float = 20.0


async def run(load: Load, stop: asyncio.Event) -> Report:
    """Send until the time is over or `stop` is set; what was sent is awaited."""
    report = Report()
    end = time.monotonic() + load.seconds

    def is_over() -> bool:
        return stop.is_set() or time.monotonic() >= end

    clients = [
        _keep_alive(load, report, is_over, gaps)
        for gaps in (SHORT_GAPS, LONG_GAPS)
        for _ in range(CLIENTS_OF_EACH_KIND)
    ]
    await asyncio.gather(
        _arrivals(load, report, is_over), _streams(load, report, is_over), *clients
    )
    return report


async def _arrivals(load: Load, report: Report, is_over: Callable[[], bool]) -> None:
    """Open loop: a request leaves when it is due, however slow the answers are."""
    due = time.monotonic()
    running: set[asyncio.Task[object]] = set()
    while not is_over():
        due += 1 / load.rate
        late = time.monotonic() - due
        report.late_seconds = round(max(report.late_seconds, late), 3)
        await asyncio.sleep(max(0.0, -late))
        task: asyncio.Task[object] = asyncio.create_task(_send(load, report, None))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.gather(*running)


async def _keep_alive(
    load: Load, report: Report, is_over: Callable[[], bool], gaps: tuple[float, float]
) -> None:
    """A client that thinks between requests. A connection that was closed while it was idle is
    opened again, as any client does, and counted; a request that was sent and not answered is
    lost."""
    connection: Connection | None = None
    while not is_over():
        if connection and connection[0].at_eof():
            report.idle_closes += 1
            connection = None
        connection = await _send(load, report, connection, closes=False)
        await asyncio.sleep(random.uniform(*gaps))


async def _send(
    load: Load, report: Report, connection: Connection | None, *, closes: bool = True
) -> Connection | None:
    """One request; returns the connection if it can be used again."""
    method = random.choice(("GET", "POST"))
    path = f"{MODEL}/infer" if method == "POST" else MODEL
    report.sent += 1
    started = time.monotonic()
    try:
        used = connection or await connect(load.host, load.port)
        data = request(method, path, close=closes)
        answer = await exchange(used, data, seconds=ANSWER_SECONDS)
        version = version_of(method, answer)
        if load.versions and version not in load.versions:
            raise ValueError(f"answered by {version}")  # noqa: TRY301 - counted below with the rest
    except Exception as error:  # noqa: BLE001 - whatever it is, a request was lost
        kind = "new" if connection is None else "kept alive"
        report.lost.append(f"{_now()} {method} {kind}: {error!r}")
        return None
    report.add(version, time.monotonic() - started)
    if closes:
        used[1].close()
        return None
    return used


async def _streams(load: Load, report: Report, is_over: Callable[[], bool]) -> None:
    """One long answer after the other; each must end with its own last line."""
    path = f"{MODEL}/stream?seconds={load.stream_seconds:g}&interval=0.2"
    while not is_over():
        try:
            connection = await connect(load.host, load.port)
            data = request("GET", path, close=True)
            answer = await exchange(connection, data, seconds=load.stream_seconds + ANSWER_SECONDS)
            lines = answer.body.decode().splitlines()
            if not json.loads(lines[-1]).get("done"):
                raise ValueError(f"it ended with {lines[-1]!r}")  # noqa: TRY301 - counted below
        except Exception as error:  # noqa: BLE001 - whatever it is, the stream was cut
            report.cut_streams.append(f"{_now()}: {error!r}")
        else:
            report.whole_streams += 1


def _now() -> str:
    return f"{datetime.now(UTC):%H:%M:%S.%f}"[:-3]
