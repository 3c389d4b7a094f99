"""What a load saw."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

NAMED = 20


@dataclass
class Report:
    """Counts of requests and streams; `lost` and `cut_streams` say when and how, in words."""

    sent: int = 0
    answered: int = 0
    lost: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    idle_closes: int = 0
    whole_streams: int = 0
    cut_streams: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    late_seconds: float = 0.0

    def add(self, version: str, seconds: float) -> None:
        """One good answer."""
        self.answered += 1
        self.versions[version] = self.versions.get(version, 0) + 1
        self.latencies.append(seconds)

    def summary(self) -> dict[str, Any]:
        """The report as JSON carries it: latencies as quantiles, in seconds."""
        found = asdict(self)
        found.pop("latencies")
        ordered = sorted(self.latencies) or [0.0]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
            index = min(len(ordered) - 1, int(len(ordered) * share))
            found[f"{name}_seconds"] = round(ordered[index], 4)
        found["lost_count"] = len(self.lost)
        found["lost"] = self.lost[:NAMED]
        return found
