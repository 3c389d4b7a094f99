"""The clients of a load: one-shot ones, kept-alive ones that think, and one that streams."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import TypeVar

from .answers import check_inference, check_line, check_model, check_status, infer_body
from .options import Options
from .report import Report, Tally
from .wire import Answer, Connection, Head, Lost, request_bytes

MOST_KEPT = 2000
T = TypeVar("T")
Check = Callable[[Answer, Collection[str]], str]


@dataclass(frozen=True)
class Request:
    """A request and what its answer has to be."""

    profile: str
    data: bytes
    check: Check


def requests_of(options: Options, *, keeps_open: bool) -> list[Request]:
    """A GET and a POST, or the one of them that is asked for."""
    kind = "kept" if keeps_open else "new"
    model, host = f"/v2/models/{options.model}", options.host_header
    get = request_bytes("GET", model, host=host, keeps_open=keeps_open)
    body = infer_body()
    post = request_bytes("POST", f"{model}/infer", host=host, body=body, keeps_open=keeps_open)
    known = {
        "GET": Request(f"{kind}_get", get, check_model),
        "POST": Request(f"{kind}_post", post, check_inference),
    }
    return [one for method, one in known.items() if method in options.methods]


@dataclass(frozen=True)
class NewClients:
    """Every request has a connection of its own."""

    options: Options
    report: Report

    async def send(self, request: Request) -> Answer:
        connection = await Connection.open(self.options.address)
        self.report.connections += 1
        try:
            return await connection.exchange(request.data)
        finally:
            connection.close()


@dataclass
class KeptClients:
    """Clients that keep their connection and think between requests.

    A request goes to a client that has thought long enough; where there is none a new client
    comes. So arrivals stay constant however slow the answers are.
    """

    options: Options
    report: Report
    thinking: list[tuple[float, int, Connection]] = field(default_factory=list)
    numbers: Callable[[], int] = field(default_factory=lambda: itertools.count().__next__)

    async def send(self, request: Request) -> Answer:
        connection = self._waiting() or await self._new()
        try:
            answer = await connection.exchange(request.data)
        except BaseException:
            connection.close()
            raise
        self._think(connection, answer.head)
        return answer

    def close(self) -> None:
        for _, _, connection in self.thinking:
            connection.close()

    def _waiting(self) -> Connection | None:
        """The client that is through with thinking for longest, if its connection stands."""
        now = asyncio.get_running_loop().time()
        while self.thinking and (self.thinking[0][0] <= now or len(self.thinking) >= MOST_KEPT):
            _, _, connection = heapq.heappop(self.thinking)
            if not connection.is_closed_by_server():
                return connection
            connection.close()
            self.report.idle_closes += 1
        return None

    async def _new(self) -> Connection:
        self.report.connections += 1
        return await Connection.open(self.options.address)

    def _think(self, connection: Connection, head: Head) -> None:
        if not head.keeps_open:
            self.report.announced_closes += 1
            connection.close()
            return
        due = asyncio.get_running_loop().time() + random.uniform(*self.options.idle_seconds)
        heapq.heappush(self.thinking, (due, self.numbers(), connection))
        self.report.kept_clients = max(self.report.kept_clients, len(self.thinking))


@dataclass
class Streamer:
    """Reads one long answer after the other, each to its last line."""

    options: Options
    tally: Tally
    clock: Callable[[], float]
    is_stopping: bool = False

    async def run(self) -> None:
        """Stream until told to stop; the stream that runs then is read to its end."""
        try:
            while not self.is_stopping:
                await self._one()
        except asyncio.CancelledError:
            self.tally.streams["unfinished"] += 1
            raise

    async def _one(self) -> None:
        try:
            await self._read()
            self.tally.streams["ok"] += 1
        except Lost as lost:
            self._cut(lost)
            await asyncio.sleep(self.options.stream_interval)  # not a flood when all is down

    def _cut(self, lost: Lost) -> None:
        self.tally.bad("stream", lost.kind, lost.text, server=lost.server, at=self.clock())

    async def _read(self) -> None:
        options = self.options
        target = (
            f"/v2/models/{options.model}/stream"
            f"?seconds={options.stream_seconds:g}&interval={options.stream_interval:g}"
        )
        data = request_bytes("GET", target, host=options.host_header, keeps_open=False)
        connection = await Connection.open(options.address)
        try:
            await self._follow(connection, data)
        finally:
            connection.close()

    async def _follow(self, connection: Connection, data: bytes) -> None:
        """Every line has one version, and the last says that it is."""
        head = await self._in_time(connection.send(data))
        check_status(head)
        seen: set[str] = set()
        is_done = False
        lines = _lines(connection.pieces(head))
        while (line := await self._in_time(anext(lines, None))) is not None:
            version, is_done = check_line(line, head, self.options.versions)
            seen.add(version)
        if len(seen) != 1 or not is_done:
            raise Lost("cut", f"ended without its last line, versions {sorted(seen)}")

    async def _in_time(self, work: Awaitable[T]) -> T:
        try:
            return await asyncio.wait_for(work, self.options.timeout_seconds)
        except TimeoutError:
            found = f"silent for {self.options.timeout_seconds:g} s"
            raise Lost("timeout", found) from None


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line
    if rest:
        raise Lost("cut", f"ended within a line: {rest[:60]!r}")
