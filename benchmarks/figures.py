"""Arithmetic of measurements: medians, ratios, what a further host costs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import linear_regression, median


def medians(samples: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each name that was measured at all."""
    return {name: median(values) for name, values in samples.items() if values}


def ratios(values: Mapping[str, float], *, to: str) -> dict[str, float]:
    """Each value in multiples of one of them; nothing where that one was not measured."""
    floor = values.get(to)
    return {name: value / floor for name, value in values.items()} if floor else {}


def seconds_per_host(points: Iterable[tuple[int, float]]) -> float | None:
    """The slope of a straight line through (hosts, seconds); None for fewer than two sizes."""
    hosts, seconds = zip(*sorted(points), strict=True) if (points := list(points)) else ((), ())
    if len(set(hosts)) < 2:
        return None
    return linear_regression(hosts, seconds).slope


def middle_phases(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of each phase over several runs, in the order of the first run."""
    names = list(dict.fromkeys(name for run in runs for name in run))
    return {name: median([run.get(name, 0.0) for run in runs]) for name in names}
