"""A benchmark that is broken off: what is kept, and what is taken away."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as bench
from benchmarks import leftovers
from benchmarks.measure import Sample
from benchmarks.methods import FLOOR
from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import reservation

SAMPLE = Sample(FLOOR, 3, 1, 2.5, 50 << 20, load=0.5)


class Rig:
    """Stands in for the lab; `trouble` comes after the first sample."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, stood: bool) -> None:
        self.gone: list[Any] = []
        self.trouble: Callable[[], None] = lambda: None
        self.results, self.samples = tmp_path / "results", tmp_path / "samples.jsonl"
        monkeypatch.setattr(bench, "RESULTS", self.results)
        monkeypatch.setattr(bench, "SAMPLES", self.samples)
        monkeypatch.setattr(reservation, "read", lambda _paths: "lab" if stood else None)
        monkeypatch.setattr(bench, "bring_up", lambda size: f"fleet of {size}")
        monkeypatch.setattr(bench, "measure_rounds", self._measure)
        monkeypatch.setattr(bench, "take_down", lambda: self.gone.append("lab"))
        monkeypatch.setattr(leftovers, "remove", self._remove)

    def _measure(self, *_: Any) -> Iterator[Sample]:
        yield SAMPLE
        self.trouble()

    def _remove(self, fleet: str, *, is_lab_left: bool) -> None:
        self.gone.append((fleet, is_lab_left))


@pytest.fixture(params=[False, True], ids=["a lab of its own", "a lab that stood before"])
def rig(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Rig]:
    made = Rig(monkeypatch, tmp_path, stood=request.param)
    yield made
    assert made.gone == [("fleet of 3", request.param), *([] if request.param else ["lab"])]


def test_a_whole_run_says_so(rig: Rig) -> None:
    assert bench.main(["--hosts=3", "--save"]) == exits.DONE
    (data,) = (json.loads(path.read_text()) for path in rig.results.glob("*.json"))
    assert (data["is_whole"], len(data["samples"])) == (True, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_keeps_its_samples(
    rig: Rig, number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.trouble = lambda: os.kill(os.getpid(), number)
    assert bench.main(["--hosts=3", "--save"]) == 128 + number
    assert json.loads(rig.samples.read_text())["seconds"] == 2.5
    shown = capsys.readouterr()
    assert "2.50" in shown.out
    assert f"interrupted: samples so far are in {rig.samples}" in shown.err
    (page,) = rig.results.glob("*.md")
    assert page.read_text().startswith("# Benchmark, broken off\n")


def test_a_release_that_fails_keeps_the_samples_before_it(rig: Rig) -> None:
    def fail() -> None:
        raise RollwayError("./invoke deploy", "ended with 2", exit_code=exits.FAILED)

    rig.trouble = fail
    assert bench.main(["--hosts=3"]) == exits.FAILED
    assert len(rig.samples.read_text().splitlines()) == 1
