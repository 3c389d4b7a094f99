"""Model servers in threads: they answer like apps/iris, and fail when they are told to."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.integration import edge_websocket

LATE_SECONDS = 0.95  # the edge waits 0.8 s for a check
SOME = 10
LABELS = ["setosa", "versicolor", "virginica"]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    model: Model

    def handle_error(self, *_: object) -> None:
        """Connections that HAProxy drops are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *_: object) -> None:
        """Tests say what they saw themselves."""

    def do_GET(self) -> None:
        self.server.model.targets.append(self.path)
        self.server.model.awake.wait()
        target = urlsplit(self.path)
        if self.server.model.is_late(target.path):
            time.sleep(LATE_SECONDS)
        if target.path.endswith("/stream"):
            self._stream(parse_qs(target.query))
        elif self.headers.get("Upgrade") == "websocket":
            self._upgrade()
        elif target.path == "/v2/health/ready" and not self.server.model.is_ready:
            self._say({"error": "not ready"}, status=503)
        else:
            self._say({"name": "iris"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.model.awake.wait()
        self.server.model.posts += 1
        probabilities = [1.0, 0.0, 0.0] * len(LABELS)
        outputs = [
            {"name": "label", "data": LABELS},
            {"name": "probabilities", "data": probabilities},
        ]
        self._say({"outputs": outputs})

    def _say(self, values: dict[str, Any], *, status: int = 200) -> None:
        model = self.server.model
        failing = model.fails(self.path)
        if failing and model.fault == "empty":
            self.close_connection = True
            return
        body = json.dumps({**values, "version": model.version}).encode()
        self.send_response(500 if failing else status)
        self.send_header("X-Rollway-Version", model.version)
        self.send_header("Content-Length", str(len(body)))
        if model.keeps_nothing:
            self.send_header("Connection", "close")  # which closes it here, too
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, query: dict[str, list[str]]) -> None:
        seconds, interval = float(query["seconds"][0]), float(query["interval"][0])
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._line(is_done=False)
            time.sleep(interval)
        self._line(is_done=True)
        self.wfile.write(b"0\r\n\r\n")

    def _upgrade(self) -> None:
        model = self.server.model
        self.close_connection = True
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "websocket")
        key = self.headers["Sec-WebSocket-Key"]
        self.send_header("Sec-WebSocket-Accept", edge_websocket.accept(key))
        self.end_headers()
        edge_websocket.serve(self.rfile, self.wfile, model.version, before=model.awake.wait)

    def _line(self, *, is_done: bool) -> None:
        line = json.dumps({"version": self.server.model.version, "done": is_done}).encode() + b"\n"
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")


@dataclass
class Model:
    """One model server on a loopback port; `targets` are those of all GETs, checks too.

    Without `awake` it answers nothing more, while its kernel goes on to take connections. A `fault`
    is in all but whether it is ready: "error" is 500, "some" that at every tenth POST, and "empty"
    no answer.
    """

    version: str
    port: int = 0
    is_ready: bool = True
    fault: str = ""
    keeps_nothing: bool = False
    is_late_every_other_time: bool = False
    targets: list[str] = field(default_factory=list)
    posts: int = 0
    awake: threading.Event = field(default_factory=threading.Event, repr=False)
    _server: _Server | None = field(default=None, repr=False)
    _reserved: socket.socket | None = field(default=None, repr=False)

    @property
    def probes(self) -> int:
        """How often it was asked whether it is ready."""
        return self.targets.count("/v2/health/ready")

    def is_late(self, path: str) -> bool:
        """Whether this check gets its answer too late."""
        is_check = path == "/v2/health/ready"
        return is_check and self.is_late_every_other_time and self.probes % 2 == 0

    def fails(self, path: str) -> bool:
        """Whether this request is failed."""
        is_turn = self.fault != "some" or self.posts % SOME == 0
        return bool(self.fault) and is_turn and path != "/v2/health/ready"

    @property
    def streams(self) -> int:
        """How many streams were asked for."""
        return sum("/stream" in target for target in self.targets)

    def start(self) -> Model:
        """Listen on `port`, which is a free one the first time."""
        self._reserved = self._reserved or _reserved()
        self.port = int(self._reserved.getsockname()[1])
        with _shared(self._reserved):
            server = _Server(("127.0.0.1", self.port), _Handler)
        server.model = self
        self.awake.set()
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Stop listening: new connections are refused, and nobody else gets the port."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        if self._reserved:
            self._reserved.close()


def _reserved() -> socket.socket:
    """A socket that has a free port and never listens on it."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    return found


@contextlib.contextmanager
def _shared(reserved: socket.socket) -> Iterator[None]:
    """For the length of the block another socket may have the port as well, and keep it."""
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        yield
    finally:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
