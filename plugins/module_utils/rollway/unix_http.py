"""HTTP over a unix socket, one kept-alive connection per thread."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Mapping

IDLE_CLOSED = (ConnectionResetError, BrokenPipeError, http.client.CannotSendRequest)


class UnixHTTPConnection(http.client.HTTPConnection):
    """An HTTP connection to a socket in the file system."""

    def __init__(self, path: str, *, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class UnixTransport:
    """Sends requests to one socket; OSError or HTTPException when there is no answer."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._threads = threading.local()

    def send(
        self,
        method: str,
        target: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeout: float,
    ) -> http.client.HTTPResponse:
        """Send a request, its `body` as JSON; the caller reads the whole answer before the next.

        The server may have closed a connection that stood idle: the request is sent once more on
        a new one. All that the steps ask of an engine may be asked twice.
        """
        payload = None if body is None else json.dumps(body)
        sent = {**(headers or {}), **({"Content-Type": "application/json"} if payload else {})}
        try:
            return self._exchange(method, target, payload, sent, timeout=timeout)
        except IDLE_CLOSED:
            self.drop()
            return self._exchange(method, target, payload, sent, timeout=timeout)

    def drop(self) -> None:
        """Close this thread's connection, since what it would say next is not known."""
        held: UnixHTTPConnection | None = getattr(self._threads, "connection", None)
        if held is not None:
            held.close()
        self._threads.connection = None

    def _exchange(
        self,
        method: str,
        target: str,
        payload: str | None,
        headers: dict[str, str],
        *,
        timeout: float,
    ) -> http.client.HTTPResponse:
        connection = self._connection(timeout)
        connection.request(method, target, payload, headers)
        return connection.getresponse()

    def _connection(self, timeout: float) -> UnixHTTPConnection:
        held: UnixHTTPConnection | None = getattr(self._threads, "connection", None)
        if held is None:
            held = self._threads.connection = UnixHTTPConnection(self.path, timeout=timeout)
        held.timeout = timeout
        if held.sock is not None:
            held.sock.settimeout(timeout)
        return held
