"""`python -m benchmarks`: what `./invoke bench` runs."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from benchmarks import leftovers, tables
from benchmarks.fleet import ENV, WORK, bring_up, take_down
from benchmarks.measure import Sample, measure_rounds
from benchmarks.methods import GROWTH, METHODS, Method
from benchmarks.options import Options, parse
from benchmarks.process import Interrupted, interruptible, say
from benchmarks.result import Result
from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import reservation
from rollway.lab.paths import PROJECT, lab_paths

RESULTS = PROJECT / "benchmarks" / "results"
SAMPLES = WORK / "samples.jsonl"
"""Every sample of the last run, written as soon as it is measured."""


def main(words: Sequence[str]) -> int:
    """Measure, print, and keep the result where that was asked for; also of half a run."""
    options, samples = parse(words), list[Sample]()
    SAMPLES.unlink(missing_ok=True)

    def keep(sample: Sample) -> None:
        samples.append(sample)
        with SAMPLES.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(sample)) + "\n")

    code = exits.DONE
    try:
        with interruptible():
            _measure(options, keep)
    except Interrupted as interrupted:
        code = interrupted.exit_code
        say(f"interrupted: samples so far are in {SAMPLES}")
    except RollwayError as error:
        code = error.exit_code
        say(str(error))
    if samples:
        _show(Result(tuple(samples), _circumstances(options, is_whole=not code)), options)
    return code


def _measure(options: Options, keep: Callable[[Sample], None]) -> None:
    """Hand over sample by sample. The lab goes at the end, unless it stood before."""
    stood, fleet = reservation.read(lab_paths(ENV)) is not None, None
    try:
        for size in options.sizes:
            fleet = bring_up(size)
            for sample in measure_rounds(fleet, _methods(size, options), options.rounds):
                keep(sample)
    finally:
        try:
            if fleet is not None:
                leftovers.remove(fleet, is_lab_left=stood)
        finally:
            if not stood:
                take_down()


def _methods(size: int, options: Options) -> tuple[Method, ...]:
    growth = (GROWTH,) if size in options.growth else ()
    return (*(METHODS if size in options.hosts else ()), *growth)


def _circumstances(options: Options, *, is_whole: bool) -> dict[str, Any]:
    commit = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    told = subprocess.run(commit, cwd=PROJECT, capture_output=True, text=True, check=False)
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "commit": told.stdout.strip(),
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "rounds": options.rounds,
        "is_whole": is_whole,
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
    title = "# Benchmark" if about["is_whole"] else "# Benchmark, broken off"
    path.with_suffix(".md").write_text(f"{title}\n\n{told}\n\n{page}", encoding="utf-8")
    path.with_suffix(".json").write_text(data + "\n", encoding="utf-8")
    say(f"saved: {path}.md and .json")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
