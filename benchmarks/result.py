"""What a benchmark found: samples, and the figures that follow from them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks import figures
from benchmarks.measure import Sample
from benchmarks.methods import FLOOR, GROWTH


@dataclass(frozen=True)
class Row:
    """One method over one size of the fleet; `ratio` is to the floor, where that was measured."""

    hosts: int
    method: str
    median: float
    least: float
    most: float
    ratio: float | None
    peak_bytes: int


@dataclass(frozen=True)
class Result:
    """All samples of one run, and what was true of the machine and the code."""

    samples: tuple[Sample, ...]
    circumstances: dict[str, Any]

    def rows(self) -> list[Row]:
        """A row per size and method, in the order measured."""
        return [row for hosts in self.sizes() for row in self._rows_of(hosts)]

    def sizes(self) -> list[int]:
        return list(dict.fromkeys(sample.hosts for sample in self.samples))

    def phases(self) -> dict[tuple[int, str], dict[str, float]]:
        """The median of each phase, for every size and every way of Rollway."""
        keys = dict.fromkeys((one.hosts, one.method) for one in self.samples if one.phases)
        return {key: figures.middle_phases([one.phases for one in self.of(*key)]) for key in keys}

    def growth(self) -> float | None:
        """Seconds that each further host costs, by the method that is measured for it."""
        points = [(row.hosts, row.median) for row in self.rows() if row.method == GROWTH.name]
        return figures.seconds_per_host(points)

    def growth_of_phases(self) -> dict[str, float]:
        """The same by phase: what grows on the controller, and what on hosts that share cores."""
        split = {hosts: one for (hosts, name), one in self.phases().items() if name == GROWTH.name}
        names = dict.fromkeys(name for one in split.values() for name in one)
        slopes = {
            name: figures.seconds_per_host(
                (hosts, one.get(name, 0.0)) for hosts, one in split.items()
            )
            for name in names
        }
        return {name: slope for name, slope in slopes.items() if slope is not None}

    def of(self, hosts: int, method: str) -> list[Sample]:
        """The samples of a method over a size."""
        return [one for one in self.samples if (one.hosts, one.method) == (hosts, method)]

    def as_json(self) -> dict[str, Any]:
        """All of it as data."""
        split = [
            {"hosts": hosts, "method": method, "seconds": seconds}
            for (hosts, method), seconds in self.phases().items()
        ]
        return {
            "schema": 1,
            **self.circumstances,
            "rows": [asdict(row) for row in self.rows()],
            "phases": split,
            "seconds_per_host": self.growth(),
            "seconds_per_host_by_phase": self.growth_of_phases(),
            "samples": [asdict(sample) for sample in self.samples],
        }

    def _rows_of(self, hosts: int) -> list[Row]:
        names = list(dict.fromkeys(one.method for one in self.samples if one.hosts == hosts))
        seconds = {name: _each(self.of(hosts, name), lambda one: one.seconds) for name in names}
        middle = figures.medians(seconds)
        ratios = figures.ratios(middle, to=FLOOR)
        return [
            Row(
                hosts=hosts,
                method=name,
                median=middle[name],
                least=min(seconds[name]),
                most=max(seconds[name]),
                ratio=ratios.get(name),
                peak_bytes=max(one.peak_bytes for one in self.of(hosts, name)),
            )
            for name in names
        ]


def _each(samples: Sequence[Sample], read: Callable[[Sample], float]) -> list[float]:
    return [read(sample) for sample in samples]
