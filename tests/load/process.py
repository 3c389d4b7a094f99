"""A load in a process of its own, which a test's own work does not slow down."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from .options import METHODS, SHORT_STREAM_SECONDS, STREAM_SECONDS, Options
from .report import Report

STARTED = "started"
FINISH, LEAVE = "finish\n", "leave\n"
_HERE = __name__.rpartition(".")[0]
_ROOT = Path(__file__).resolve().parents[len(_HERE.split("."))]


@dataclass
class Load:
    """A running load. It ends by itself when the process that started it is gone."""

    process: subprocess.Popen[str]
    options: Options

    @classmethod
    def start(cls, options: Options) -> Load:
        """Start sending; returns when the first requests are due."""
        process = subprocess.Popen(
            [sys.executable, "-m", _HERE, "--until-told", *_arguments(options)],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        if process.stdout.readline().strip() != STARTED:
            raise RuntimeError(f"the load did not start: exit code {process.wait()}")
        return cls(process, options)

    def stop(self, *, finishes_streams: bool = True) -> Report:
        """Stop sending, wait for the answers under way, and say what became of all."""
        longest = self.options.timeout_seconds * 2 + self.options.stream_seconds + 10
        said, _ = self.process.communicate(FINISH if finishes_streams else LEAVE, timeout=longest)
        report = Report()
        report.fill(said)
        return report


@contextlib.contextmanager
def traffic(
    url: str,
    *,
    versions: Collection[str] = (),
    rate: float = 120.0,
    methods: Collection[str] = METHODS,
    finishes_streams: bool = True,
    stream_seconds: float | None = None,
) -> Iterator[Report]:
    """Load for the length of the block; the report is filled when it ends.

    A stream that runs at the end of the block is read to its end if it `finishes_streams`: then
    streams are short ones, unless their `stream_seconds` are given, of which 0 means none.
    """
    known = tuple(sorted(versions))
    usual = SHORT_STREAM_SECONDS if finishes_streams else STREAM_SECONDS
    seconds = usual if stream_seconds is None else stream_seconds
    options = Options(
        url=url, versions=known, rate=rate, methods=tuple(methods), stream_seconds=seconds
    )
    load = Load.start(options)
    report = Report()
    is_whole = False
    try:
        yield report
        is_whole = True
    finally:
        found = load.stop(finishes_streams=finishes_streams and is_whole)
        vars(report).update(vars(found))
        print(f"load: {report.sentence()}")


def _arguments(options: Options) -> list[str]:
    shortest, longest = options.idle_seconds
    given = {
        "url": options.url,
        "rate": options.rate,
        "seconds": options.seconds,
        "host": options.host,
        "model": options.model,
        "idle-shortest": shortest,
        "idle-longest": longest,
        "stream-seconds": options.stream_seconds,
        "stream-interval": options.stream_interval,
        "timeout": options.timeout_seconds,
    }
    named = [f"--{name}={value}" for name, value in given.items()]
    versions = [f"--version={version}" for version in options.versions]
    return [*named, *versions, *(f"--method={method}" for method in options.methods)]
