"""WebSockets at both ends (RFC 6455): a client that keeps its connection, a server's answers.

Messages are shorter than 126 bytes, and masked with zeros: the edge reads none of them.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

FINAL_TEXT, FINAL_CLOSE = 0x81, 0x88
MASKED = 0x80
NO_MASK = bytes(4)
Stream = BinaryIO | io.BufferedIOBase
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SECONDS = 5.0


@dataclass
class WebSocket:
    """A client's upgraded connection."""

    sock: socket.socket
    stream: BinaryIO

    @classmethod
    def open(cls, port: int) -> WebSocket:
        """Ask for an upgrade on a port of this machine; it has to be granted."""
        key = base64.b64encode(os.urandom(16)).decode()
        sock = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        found = cls(sock, sock.makefile("rb"))
        sock.sendall(_request(key))
        status = found.stream.readline().decode()
        headers = iter(lambda: found.stream.readline().strip().lower(), b"")
        granted = f"sec-websocket-accept: {accept(key)}".lower().encode()
        assert " 101 " in status, status
        assert granted in set(headers), "it was not granted by who was asked"
        return found

    def exchange(self) -> str:
        """Say something, and return what comes back: the version of the server."""
        self.sock.sendall(bytes([FINAL_TEXT, MASKED | 2]) + NO_MASK + b"hi")
        text = read_text(self.stream)
        assert text is not None, "the connection was ended"
        return text

    def is_ended(self, *, within: float) -> bool:
        """Whether the other side ends the connection in this time, saying nothing before."""
        seen, _, _ = select.select([self.sock], [], [], within)
        try:
            return bool(seen) and not self.sock.recv(1, socket.MSG_PEEK)
        except ConnectionError:
            return True

    def close(self) -> None:
        """Say goodbye, wait for the answer, and close."""
        self.sock.sendall(bytes([FINAL_CLOSE, MASKED]) + NO_MASK)
        assert self.stream.read(2) == bytes([FINAL_CLOSE, 0])
        self.stream.close()
        self.sock.close()


def accept(key: str) -> str:
    """The server's proof that it has read the key (RFC 6455, 4.2.2)."""
    return base64.b64encode(hashlib.sha1((key + _GUID).encode()).digest()).decode()


def serve(stream: Stream, out: Stream, text: str, *, before: Callable[[], object]) -> None:
    """Answer every message with `text`, and a goodbye with one; `before` is called each time."""
    while read_text(stream) is not None:
        before()
        out.write(bytes([FINAL_TEXT, len(text)]) + text.encode())
    out.write(bytes([FINAL_CLOSE, 0]))


def read_text(stream: Stream) -> str | None:
    """The next message; None after a goodbye, or where the connection has ended."""
    head = stream.read(2)
    if len(head) < 2 or head[0] != FINAL_TEXT:
        stream.read(len(NO_MASK) if head[1:] == bytes([MASKED]) else 0)
        return None
    if head[1] & MASKED:
        stream.read(len(NO_MASK))
    return stream.read(head[1] & ~MASKED).decode()


def _request(key: str) -> bytes:
    lines = (
        "GET /socket HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    )
    return "\r\n".join([*lines, "", ""]).encode()
