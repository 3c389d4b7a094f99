"""`python -m tests.load --url=http://127.0.0.1:8080 --rate=120 --seconds=60`: prints JSON."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import json
import signal
import sys
from urllib.parse import urlsplit

from tests.load.generator import Load, run
from tests.load.report import Report

LONGEST_SECONDS = 3600.0


def main(arguments: list[str]) -> int:
    """Run the load until its time is over or SIGTERM; exit 1 when anything was lost."""
    options = _parser().parse_args(arguments)
    target = urlsplit(options.url)
    host = target.hostname or ""
    if not ipaddress.ip_address(host).is_loopback:
        sys.exit(f"--url: {host} is not this machine; accepted: a loopback address")
    load = Load(
        host,
        target.port or 80,
        options.rate,
        min(options.seconds, LONGEST_SECONDS),
        frozenset(filter(None, options.versions.split(","))),
        options.stream_seconds,
    )
    report = asyncio.run(_until_told(load))
    print(json.dumps(report.summary(), indent=1))
    return 1 if report.lost or report.cut_streams else 0


async def _until_told(load: Load) -> Report:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    return await run(load, stop)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--versions", default="", help="versions that may answer, by commas")
    parser.add_argument("--stream-seconds", type=float, default=20.0)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
