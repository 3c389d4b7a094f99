"""`python -m benchmarks`: what `./invoke bench` runs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from benchmarks import tables
from benchmarks.fleet import ENV, bring_up, take_down
from benchmarks.measure import Sample, measure_rounds
from benchmarks.methods import GROWTH, METHODS, Method
from benchmarks.options import GROWTH_HOSTS, Options, parse
from benchmarks.process import say
from benchmarks.result import Result
from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import reservation
from rollway.lab.paths import PROJECT, lab_paths

RESULTS = PROJECT / "benchmarks" / "results"


def main(words: Sequence[str]) -> int:
    """Measure, print, and keep the result where that was asked for."""
    options = parse(words)
    try:
        with _lab():
            result = Result(tuple(_samples(options)), _circumstances(options))
    except RollwayError as error:
        say(str(error))
        return error.exit_code
    _show(result, options)
    return exits.DONE


@contextmanager
def _lab() -> Iterator[None]:
    """The lab goes when the benchmark ends, unless it stood before."""
    stood = reservation.read(lab_paths(ENV)) is not None
    try:
        yield
    finally:
        if not stood:
            take_down()


def _samples(options: Options) -> Iterator[Sample]:
    for size in options.sizes:
        yield from measure_rounds(bring_up(size), _methods(size, options), options.rounds)


def _methods(size: int, options: Options) -> tuple[Method, ...]:
    growth = (GROWTH,) if options.growth and size in GROWTH_HOSTS else ()
    return (*(METHODS if size in options.hosts else ()), *growth)


def _circumstances(options: Options) -> dict[str, Any]:
    commit = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    told = subprocess.run(commit, cwd=PROJECT, capture_output=True, text=True, check=False)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "commit": told.stdout.strip(),
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "rounds": options.rounds,
    }


def _show(result: Result, options: Options) -> None:
    found, data = tables.tables(result), json.dumps(result.as_json(), indent=1)
    if options.json:
        sys.stdout.write(data + "\n")
    else:
        tables.print_tables(found)
    if options.save:
        _save(result, tables.markdown(found), data)


def _save(result: Result, page: str, data: str) -> None:
    about = result.circumstances
    told = ", ".join(f"{name} {about[name]}" for name in ("date", "commit", "cores", "rounds"))
    path = RESULTS / about["date"].replace(":", "")
    RESULTS.mkdir(exist_ok=True)
    path.with_suffix(".md").write_text(f"# Benchmark\n\n{told}\n\n{page}", encoding="utf-8")
    path.with_suffix(".json").write_text(data + "\n", encoding="utf-8")
    say(f"saved: {path}.md and .json")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
