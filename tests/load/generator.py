"""Sends requests at their times, whatever becomes of the earlier ones."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from .clients import KeptClients, NewClients, Request, Streamer, requests_of
from .options import Options
from .report import Report, Tally
from .wire import Answer, Lost

MOST_IN_FLIGHT = 5000
Send = Callable[[Request], Awaitable[Answer]]


@dataclass
class Generator:
    """One load; `stop` ends it at the next request's time."""

    options: Options
    tally: Tally = field(default_factory=Tally)
    is_stopping: bool = False
    began: float = 0.0

    def stop(self) -> None:
        self.is_stopping = True

    def clock(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self.began

    async def run(self, *, finishes_streams: Callable[[], bool] = lambda: True) -> Report:
        """Send until stopped or at the end of the time; then wait for what is under way."""
        self.began, cpu = time.monotonic(), time.process_time()
        streamer = Streamer(self.options, self.tally, self.clock)
        kept = KeptClients(self.options, self.tally.report)
        async with asyncio.TaskGroup() as streams:
            stream = streams.create_task(self._stream(streamer))
            async with asyncio.TaskGroup() as answers:
                await self._send_all(answers, kept)
            seconds = self.clock()
            streamer.is_stopping = True
            if not finishes_streams():
                stream.cancel()
        kept.close()
        return self.tally.finish(seconds=seconds, cpu_seconds=time.process_time() - cpu)

    async def _stream(self, streamer: Streamer) -> None:
        if self.options.stream_seconds > 0:
            await streamer.run()

    async def _send_all(self, answers: asyncio.TaskGroup, kept: KeptClients) -> None:
        new = NewClients(self.options, self.tally.report)
        pairs = zip(
            requests_of(self.options, keeps_open=False),
            requests_of(self.options, keeps_open=True),
            strict=True,
        )
        turns: list[tuple[Send, Request]] = [
            turn for one, other in pairs for turn in ((new.send, one), (kept.send, other))
        ]
        for number, (send, request) in enumerate(itertools.cycle(turns)):
            due = number / self.options.rate
            await asyncio.sleep(max(0.0, due - self.clock()))
            if self.is_stopping or due >= self.options.seconds:
                return
            if self.tally.in_flight >= MOST_IN_FLIGHT:
                raise RuntimeError(f"{MOST_IN_FLIGHT} requests wait for answers: the end")
            self.tally.due(self.clock() - due)
            answers.create_task(self._one(send, request))

    async def _one(self, send: Send, request: Request) -> None:
        sent = self.clock()
        try:
            async with asyncio.timeout(self.options.timeout_seconds):
                answer = await send(request)
            version = request.check(answer, self.options.versions)
        except TimeoutError:
            found = f"no answer within {self.options.timeout_seconds:g} s"
            self._lost(request, Lost("timeout", found), sent)
        except Lost as lost:
            self._lost(request, lost, sent)
        else:
            at = self.clock()
            self.tally.good(request.profile, version, at=at, took=at - sent)

    def _lost(self, request: Request, lost: Lost, sent: float) -> None:
        at = self.clock()
        took = at - sent
        text = f"{lost.text}, {took:.3f} s after it was sent"
        self.tally.bad(request.profile, lost.kind, text, server=lost.server, at=at, took=took)
