"""What became of a load: counts, the first failures, versions over time, latencies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

FIRST_FAILURES = 20
LATE_SECONDS = 0.25  # a generator that is this late, one request in a hundred, is overloaded


@dataclass
class Report:
    """Counts and samples of one load; times are seconds since its start.

    `latency` is that of right answers; `slowest` counts lost requests too: nobody waited longer.
    `late_p99` and `late_max` say how far behind its schedule the generator was: beyond
    `LATE_SECONDS` its figures say more about this machine than about the service.
    """

    seconds: float = 0.0
    sent: int = 0
    ok: int = 0
    failed: int = 0
    failures: list[dict[str, Any]] = field(default_factory=list)
    by_profile: dict[str, int] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    idle_closes: int = 0
    announced_closes: int = 0
    connections: int = 0
    kept_clients: int = 0
    streams: dict[str, int] = field(default_factory=dict)
    latency: dict[str, float] = field(default_factory=dict)
    lost_by_profile: dict[str, int] = field(default_factory=dict)
    lost_by_kind: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0
    late_p99: float = 0.0
    late_max: float = 0.0
    in_flight_max: int = 0
    cpu_seconds: float = 0.0

    @property
    def answered(self) -> int:
        """Requests that got a right answer."""
        return self.ok

    @property
    def lost(self) -> list[str]:
        """The failures of requests in words; the first of them when there are many."""
        return [_say(one) for one in self.failures if one["profile"] != "stream"] or (
            [f"{self.failed} failed"] if self.failed else []
        )

    @property
    def cut_streams(self) -> list[str]:
        """The streams that did not reach their end, in words."""
        said = [_say(one) for one in self.failures if one["profile"] == "stream"]
        cut = self.streams.get("cut", 0)
        return said or ([f"{cut} streams were cut"] if cut else [])

    @property
    def is_overloaded(self) -> bool:
        return self.late_p99 > LATE_SECONDS

    def to_json(self) -> str:
        """One line."""
        return json.dumps({**asdict(self), "is_overloaded": self.is_overloaded})

    def fill(self, text: str) -> None:
        """Take over what `to_json` wrote."""
        values = json.loads(text)
        values.pop("is_overloaded")
        vars(self).update(values)

    def sentence(self) -> str:
        """What a person wants to know first."""
        late = f"{self.late_p99 * 1000:.0f}/{self.late_max * 1000:.0f} ms"
        lost = f"{self.failed} lost" + (f" {self.lost_by_kind}" if self.failed else "")
        return (
            f"{self.ok} of {self.sent} requests answered rightly in {self.seconds:.1f} s, "
            f"{lost}, {self.idle_closes} idle closes; streams {self.streams}; "
            f"versions {self.versions}; latency {self.latency}, slowest {self.slowest:.2f} s; "
            f"behind p99/max {late}; "
            f"CPU {self.cpu_seconds / max(self.seconds, 0.001):.1%} of a core"
        )


@dataclass
class Tally:
    """Gathers a report while the load runs."""

    report: Report = field(default_factory=Report)
    latencies: list[float] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    profiles: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    streams: Counter[str] = field(default_factory=Counter)
    by_second: dict[int, Counter[str]] = field(default_factory=dict)
    in_flight: int = 0

    def due(self, late: float) -> None:
        """A request is sent, `late` seconds after its time."""
        self.report.sent += 1
        self.lateness.append(late)
        self.in_flight += 1
        self.report.in_flight_max = max(self.report.in_flight_max, self.in_flight)

    def good(self, profile: str, version: str, *, at: float, took: float) -> None:
        """A right answer came at `at`."""
        self.in_flight -= 1
        self.report.ok += 1
        self.profiles[profile] += 1
        self.latencies.append(took)
        self.report.slowest = max(self.report.slowest, round(took, 4))
        self.versions[version] += 1
        self.by_second.setdefault(int(at), Counter())[version] += 1

    def bad(
        self, profile: str, kind: str, text: str, *, server: str, at: float, took: float = 0.0
    ) -> None:
        """A request was lost, or a stream cut, at `at`."""
        if profile == "stream":
            self.streams["cut"] += 1
        else:
            self.in_flight -= 1
            self.report.failed += 1
            self.lost[profile] += 1
            self.kinds[kind] += 1
            self.report.slowest = max(self.report.slowest, round(took, 4))
            self.by_second.setdefault(int(at), Counter())["lost"] += 1
        if len(self.report.failures) < FIRST_FAILURES:
            found = {"profile": profile, "kind": kind, "text": text, "server": server}
            self.report.failures.append({**found, "at": round(at, 3)})

    def finish(self, *, seconds: float, cpu_seconds: float) -> Report:
        """The report of everything gathered."""
        report = self.report
        report.seconds, report.cpu_seconds = round(seconds, 3), round(cpu_seconds, 3)
        report.lost_by_profile, report.lost_by_kind = dict(self.lost), dict(self.kinds)
        report.by_profile, report.versions = dict(self.profiles), dict(self.versions)
        report.streams = {name: self.streams[name] for name in ("ok", "cut", "unfinished")}
        report.timeline = [
            {"second": second, **self.by_second[second]} for second in sorted(self.by_second)
        ]
        points = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        report.latency = {name: quantile(self.latencies, share) for name, share in points.items()}
        report.late_p99 = quantile(self.lateness, 0.99)
        report.late_max = quantile(self.lateness, 1.0)
        return report


def quantile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that `share` of all samples do not exceed; 0 where there are none."""
    ranked = sorted(samples)
    index = min(len(ranked) - 1, max(0, -int(-share * len(ranked) // 1) - 1))
    return round(ranked[index], 4) if ranked else 0.0


def _say(failure: dict[str, Any]) -> str:
    by = f", answered by {failure['server']}" if failure["server"] else ""
    return f"{failure['at']} s, {failure['profile']}: {failure['kind']}: {failure['text']}{by}"
