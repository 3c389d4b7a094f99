"""The HTTP service. Its version is in every answer: in a header, and in the JSON."""

from __future__ import annotations

import errno
import json
import os
import socket
import struct
import time
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from iris_service import classifier, faults, protocol, streaming
from iris_service.measures import Measures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

VERSION_HEADER = "X-Rollway-Version"
MAX_BODY_BYTES = 1 << 20
ALWAYS_ANSWERED = ("/metrics", "/v2/health/live")
BESIDE_USERS = (*ALWAYS_ANSWERED, "/v2/health/ready")
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # struct linger: on, for no time


class Service:
    """The answers, one method for each endpoint."""

    def __init__(self, version: str, fault: faults.Fault) -> None:
        self.version = version
        self.fault = fault
        self.classifier = classifier.load()
        self.measures: Measures

    def index(self) -> dict[str, Any]:
        """GET /: where to go from here."""
        links = ["/v2/models/iris", "/v2/models/iris/infer", "/v2/health/ready", "/metrics"]
        return {"name": protocol.MODEL_NAME, "version": self.version, "links": links}

    def server(self) -> dict[str, Any]:
        """GET /v2: the server's metadata."""
        return {"name": "iris-service", "version": self.version, "extensions": []}

    def live(self) -> dict[str, Any]:
        """GET /v2/health/live: the process answers."""
        return {"live": True, "version": self.version}

    def ready(self) -> dict[str, Any]:
        """GET /v2/health/ready: requests may come."""
        self.require_ready()
        return {"ready": True, "version": self.version}

    def model(self) -> dict[str, Any]:
        """GET /v2/models/iris: the model's metadata."""
        return protocol.metadata(self.classifier, self.version)

    def model_ready(self) -> dict[str, Any]:
        """GET /v2/models/iris/ready: inferences may come."""
        self.require_ready()
        return {"name": protocol.MODEL_NAME, "ready": True, "version": self.version}

    def infer(self) -> dict[str, Any]:
        """POST /v2/models/iris/infer: classify flowers."""
        wanted = protocol.parse(read_json(), feature_count=len(self.classifier.feature_names))
        time.sleep(self.fault.inference_delay_seconds)
        if self.fault.fails_this_inference():
            raise InternalServerError("FAULT=error_rate fails this inference")
        answer = protocol.answer(
            wanted, self.classifier, self.version, is_wrong=self.fault.gives_wrong_answers
        )
        self.count_predictions(answer)
        return answer

    def stream(self) -> Response:
        """GET /v2/models/iris/stream: a long answer, to see that nothing cuts it."""
        wanted = streaming.from_query(request.args)
        return Response(wanted.lines(self.version), mimetype="application/x-ndjson")

    def count_predictions(self, answer: Mapping[str, Any]) -> None:
        """Count by label what was answered, where the labels were asked for."""
        for output in answer["outputs"]:
            if output["name"] == "label":
                for label in output["data"]:
                    self.measures.predictions.labels(label).inc()

    def require_ready(self) -> None:
        """Answer 503 while the service is not ready."""
        if not self.fault.is_ready:
            raise ServiceUnavailable(f"FAULT={self.fault.name}: not ready")

    def refuse_when_failing(self) -> None:
        """Answer 500 where the fault says so: never to who asks for liveness or metrics."""
        if self.fault.is_failing and request.path not in ALWAYS_ANSWERED:
            raise InternalServerError(f"FAULT={self.fault.name}: fails since its time came")
        if request.path not in BESIDE_USERS and self.fault.fails_this_request():
            raise InternalServerError(f"FAULT={self.fault.name}: fails this request")

    def cut_off(self, app: WSGIApplication) -> WSGIApplication:
        """The same application, which leaves users' requests without an answer."""

        def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            if environ["PATH_INFO"] in BESIDE_USERS:
                return app(environ, start)
            if self.fault.resets_connections:
                connection = environ["gunicorn.socket"]
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            raise ConnectionResetError(errno.ECONNRESET, "FAULT: gunicorn closes the connection")

        return answer

    def stamp(self, response: Response) -> Response:
        """Put the version on every answer, errors included."""
        response.headers[VERSION_HEADER] = self.version
        return response

    def refuse(self, error: Exception) -> tuple[dict[str, str], int]:
        """An error in the protocol's form."""
        if isinstance(error, protocol.BadRequestError):
            return {"error": str(error), "version": self.version}, 400
        if isinstance(error, HTTPException):
            return {"error": str(error.description), "version": self.version}, error.code or 500
        current_app.logger.error("an unexpected error", exc_info=error)
        return {"error": "an unexpected error", "version": self.version}, 500


def read_json() -> Any:
    """The body as JSON, whatever its content type says; NaN and Infinity are not JSON."""
    try:
        return json.loads(request.get_data(cache=False), parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise protocol.BadRequestError(f"body: found no JSON ({error})") from error


def refuse_constant(name: str) -> NoReturn:
    """Called by json.loads for a constant that Python alone knows."""
    raise ValueError(f"{name} is not JSON")


def create_app(environment: Mapping[str, str] = os.environ) -> Flask:
    """The WSGI application; ends the process where the environment cannot be used."""
    try:
        fault = faults.from_environment(environment)
    except faults.UnusableSettingsError as error:
        raise SystemExit(f"iris: {error}") from error
    if fault.crashes_at_start:
        raise SystemExit("iris: FAULT=crash_loop ends the process")
    return assemble(Service(environment.get("ROLLWAY_VERSION") or "dev", fault))


def assemble(service: Service) -> Flask:
    """Bind the answers to their addresses."""
    app = Flask("iris", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    service.measures = Measures(app, service.version)
    app.before_request(service.refuse_when_failing)
    app.after_request(service.stamp)
    app.register_error_handler(Exception, service.refuse)
    model = f"/v2/models/{protocol.MODEL_NAME}"
    app.get("/")(service.index)
    app.get("/v2")(service.server)
    app.get("/v2/health/live")(service.live)
    app.get("/v2/health/ready")(service.ready)
    app.get(model)(service.model)
    app.get(f"{model}/ready")(service.model_ready)
    app.post(f"{model}/infer")(service.infer)
    app.get(f"{model}/stream")(service.stream)
    if service.fault.closes_connections:
        app.wsgi_app = service.cut_off(app.wsgi_app)  # type: ignore[assignment]  # Flask's way
    return app
