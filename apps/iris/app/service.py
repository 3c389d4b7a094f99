"""The model behind HTTP: KServe's open inference protocol, version 2, and a stream."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

from faults import Fault, read_fault
from flask import Flask, Response, jsonify, request
from model import Model
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest

LONGEST_STREAM_SECONDS = 600.0
SHORTEST_INTERVAL_SECONDS = 0.01


def create_app(version: str | None = None, fault: Fault | None = None) -> Flask:
    """The service; version and fault come from VERSION and FAULT unless they are given."""
    app = Flask(__name__)
    app.config.update(
        VERSION=version or os.environ.get("VERSION", "dev"),
        FAULT_SWITCH=fault or read_fault(),
        MODEL=Model(),
    )
    _add_health(app)
    _add_model(app)
    _add_inference(app)
    _add_metrics(app)
    return app


def _add_health(app: Flask) -> None:
    version, fault = app.config["VERSION"], app.config["FAULT_SWITCH"]

    @app.get("/v2/health/live")
    def live() -> Any:
        return jsonify(live=True, version=version)

    @app.get("/v2/health/ready")
    def ready() -> Any:
        return jsonify(ready=fault.is_ready, version=version), 200 if fault.is_ready else 503

    @app.get("/v2/models/iris/ready")
    def model_ready() -> Any:
        return jsonify(name="iris", ready=fault.is_ready, version=version), (
            200 if fault.is_ready else 503
        )


def _add_model(app: Flask) -> None:
    model, version = app.config["MODEL"], app.config["VERSION"]

    @app.before_request
    def fail() -> Any:
        if "/health/" in request.path or request.path == "/metrics":
            return None
        if app.config["FAULT_SWITCH"].fails_this_request:
            return jsonify(error="a fault is switched on", version=version), 500
        return None

    @app.get("/")
    @app.get("/v2")
    def server() -> Any:
        return jsonify(name="iris-service", version=version, extensions=[])

    @app.get("/v2/models/iris")
    def metadata() -> Any:
        return jsonify(_metadata(model, version))


def _add_inference(app: Flask) -> None:
    model, version = app.config["MODEL"], app.config["VERSION"]

    @app.post("/v2/models/iris/infer")
    def infer() -> Any:
        try:
            rows = _rows(request.get_json(silent=True), len(model.features))
            labels = _labels(app, rows)
        except ValueError as error:
            return jsonify(error=str(error), version=version), 400
        output = {"name": "species", "shape": [len(labels)], "datatype": "BYTES", "data": labels}
        answer = {"model_name": "iris", "model_version": version, "version": version}
        return jsonify({**answer, "id": (request.json or {}).get("id"), "outputs": [output]})

    @app.get("/v2/models/iris/stream")
    def stream() -> Any:
        seconds = min(_number("seconds", 5.0), LONGEST_STREAM_SECONDS)
        interval = max(_number("interval", 0.2), SHORTEST_INTERVAL_SECONDS)
        return Response(_chunks(version, seconds, interval), mimetype="application/x-ndjson")


def _add_metrics(app: Flask) -> None:
    registry = CollectorRegistry()
    requests = Counter(
        "iris_requests", "Requests answered, by status.", ["status", "version"], registry=registry
    )

    @app.after_request
    def count(response: Response) -> Response:
        requests.labels(str(response.status_code), app.config["VERSION"]).inc()
        response.headers["X-Version"] = app.config["VERSION"]
        return response

    @app.get("/metrics")
    def metrics() -> Any:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _metadata(model: Model, version: str) -> dict[str, Any]:
    columns = len(model.features)
    return {
        "name": model.name,
        "version": version,
        "versions": [version],
        "platform": "linear-softmax",
        "inputs": [{"name": "flowers", "datatype": "FP64", "shape": [-1, columns]}],
        "outputs": [{"name": "species", "datatype": "BYTES", "shape": [-1]}],
    }


def _labels(app: Flask, rows: list[list[float]]) -> list[str]:
    model, wrong = app.config["MODEL"], app.config["FAULT_SWITCH"].answers_wrongly
    labels = [model.predict(row).label for row in rows]
    if not wrong:
        return labels
    return [model.classes[model.classes.index(label) - 1] for label in labels]


def _rows(body: Any, columns: int) -> list[list[float]]:
    """The rows of the tensor `flowers`, whose data may be nested or flat, as the protocol says."""
    try:
        (tensor,) = body["inputs"]
        data = tensor["data"]
        flat = [float(x) for row in data for x in (row if isinstance(row, list) else [row])]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError("inputs: expected one tensor with numbers as data") from error
    if not flat or len(flat) % columns:
        raise ValueError(f"inputs/0/data: expected rows of {columns} numbers, got {len(flat)}")
    return [flat[start : start + columns] for start in range(0, len(flat), columns)]


def _number(name: str, default: float) -> float:
    try:
        return float(request.args.get(name, default))
    except ValueError:
        return default


def _chunks(version: str, seconds: float, interval: float) -> Iterator[str]:
    """A line per interval, and a last one that says it is complete."""
    end = time.monotonic() + seconds
    index = 0
    while time.monotonic() < end:
        yield json.dumps({"version": version, "index": index}) + "\n"
        index += 1
        time.sleep(min(interval, max(0.0, end - time.monotonic())))
    yield json.dumps({"version": version, "index": index, "done": True}) + "\n"
