"""What the service counts, in Prometheus' text format.

One process serves, with threads (gunicorn.conf.py), so a plain registry sees every request.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from flask import g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

if TYPE_CHECKING:
    from flask import Flask, Response

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Measures:
    """Counters of one application, and its /metrics."""

    def __init__(self, app: Flask, version: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("method", "route", "status")
        self.requests = Counter(
            "iris_requests", "Answered requests", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "iris_request_seconds",
            "Time until the answer began",
            ("route",),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.predictions = Counter(
            "iris_predictions", "Flowers classified", ("label",), registry=self.registry
        )
        Gauge("iris_info", "The version served", ("version",), registry=self.registry).labels(
            version
        ).set(1)
        app.before_request(self.begin)
        app.after_request(self.count)
        app.add_url_rule("/metrics", "metrics", self.expose)

    def begin(self) -> None:
        """Note when the request came."""
        g.began = time.perf_counter()

    def count(self, response: Response) -> Response:
        """Count the answer under its route's rule: paths nobody serves must not become labels."""
        route = request.url_rule.rule if request.url_rule else "none"
        self.requests.labels(request.method, route, response.status_code).inc()
        self.seconds.labels(route).observe(time.perf_counter() - g.began)
        return response

    def expose(self) -> tuple[bytes, dict[str, str]]:
        """Answer of GET /metrics."""
        return generate_latest(self.registry), {"Content-Type": CONTENT_TYPE_LATEST}
