"""`python -m tests.load --url=http://127.0.0.1:8080 --rate=120 --seconds=30 --json`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
import threading

from .generator import Generator
from .options import METHODS, Options
from .process import LEAVE, STARTED
from .report import Report

DONE, WRONG, LOST = 0, 1, 2


def main() -> int:
    """Send a load and print what became of it; 2 when an answer was lost or a stream cut."""
    told = _parser().parse_args()
    try:
        options = _options(told)
    except ValueError as error:
        print(f"load: {error}", file=sys.stderr)
        return WRONG
    report = asyncio.run(_run(options, until_told=told.until_told))
    print(report.to_json() if told.json or told.until_told else report.sentence())
    return LOST if report.failed or report.streams["cut"] else DONE


async def _run(options: Options, *, until_told: bool) -> Report:
    generator = Generator(options)
    words: list[str] = []
    loop = asyncio.get_running_loop()
    if until_told:
        print(STARTED, flush=True)
        threading.Thread(
            target=_listen, args=(generator, words, loop), daemon=True, name="told"
        ).start()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, generator.stop)
    return await generator.run(finishes_streams=lambda: words[:1] not in ([LEAVE], [""]))


def _listen(generator: Generator, words: list[str], loop: asyncio.AbstractEventLoop) -> None:
    """The end of stdin means that nobody waits for a report any more."""
    words.append(sys.stdin.readline())
    with contextlib.suppress(RuntimeError):  # the load has ended by itself
        loop.call_soon_threadsafe(generator.stop)


def _options(told: argparse.Namespace) -> Options:
    return Options(
        url=told.url,
        rate=told.rate,
        seconds=told.seconds,
        versions=tuple(told.version),
        methods=tuple(told.method or METHODS),
        host=told.host,
        model=told.model,
        idle_seconds=(told.idle_shortest, told.idle_longest),
        stream_seconds=told.stream_seconds,
        stream_interval=told.stream_interval,
        timeout_seconds=told.timeout,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--url", required=True, help="an address of this machine or of a lab")
    parser.add_argument("--rate", type=float, default=120.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--version", action="append", default=[], help="one that may answer")
    parser.add_argument("--method", action="append", default=[], choices=METHODS)
    parser.add_argument("--host", default="", help="the Host header")
    parser.add_argument("--model", default="iris")
    parser.add_argument("--idle-shortest", type=float, default=0.05)
    parser.add_argument("--idle-longest", type=float, default=5.0)
    parser.add_argument("--stream-seconds", type=float, default=20.0)
    parser.add_argument("--stream-interval", type=float, default=0.2)
    parser.add_argument("--timeout", type=float, default=10.0, help="seconds to wait for an answer")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--until-told", action="store_true", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
