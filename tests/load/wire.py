"""HTTP/1.1 without mercy: one attempt, and every way an answer can go missing has a name.

Framing: RFC 9112, 6 (message body) and 9 (connections).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

CHUNK_BYTES = 65536
LARGEST_HEAD = 65536


class Lost(Exception):  # noqa: N818 - what happened to an answer
    """Raised when an answer did not come whole. `kind` is one word, the text says more."""

    def __init__(self, kind: str, text: str, *, server: str = "") -> None:
        self.kind, self.text, self.server = kind, text, server
        super().__init__(f"{kind}: {text}")


@dataclass(frozen=True)
class Head:
    """Status and headers of an answer, names in lower case."""

    status: int
    headers: Mapping[str, str]

    @property
    def keeps_open(self) -> bool:
        """Whether the server will take another request on this connection."""
        return self.headers.get("connection", "").lower() != "close"

    @property
    def server(self) -> str:
        """Who answered, as far as it says so."""
        return self.headers.get("x-rollway-version") or self.headers.get("server", "")


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    head: Head
    body: bytes


class Connection:
    """One TCP connection; it is used by one request at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()

    @classmethod
    async def open(cls, address: tuple[str, int]) -> Connection:
        """Connect once; Lost when nobody takes it."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(sock, address)
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError):
                raise Lost("connect", str(error)) from error
            raise
        return cls(sock)

    def is_closed_by_server(self) -> bool:
        """Whether the server has already ended this idle connection.

        Looked up in the kernel just before a request: a FIN that came before is the server's good
        right (RFC 9112, 9.5), one that comes after a request was written has lost it.
        """
        try:
            seen = self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return not seen or bool(self._buffer)

    async def exchange(self, request: bytes) -> Answer:
        """Send a request and read the whole answer."""
        head = await self.send(request)
        return Answer(head, b"".join([piece async for piece in self.pieces(head)]))

    async def send(self, request: bytes) -> Head:
        """Send a request and read the answer's head; `pieces` is the rest."""
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, request)
        except OSError as error:
            raise Lost("send", str(error)) from error
        return parse_head(await self._until(b"\r\n\r\n", "no_answer", "closed before an answer"))

    async def pieces(self, head: Head) -> AsyncIterator[bytes]:
        """The body as it comes in."""
        if "chunked" in head.headers.get("transfer-encoding", "").lower():
            async for piece in self._chunks(head):
                yield piece
            return
        if "content-length" not in head.headers:
            raise Lost("malformed", "neither length nor chunks", server=head.server)
        length = _number(head.headers["content-length"].encode(), 10, head)
        yield await self._exactly(length, head)

    def close(self) -> None:
        self._socket.close()

    async def _chunks(self, head: Head) -> AsyncIterator[bytes]:
        while True:
            line = await self._until(b"\r\n", "cut", "closed between chunks", head)
            size = _number(line.split(b";")[0].strip(), 16, head)
            data = await self._exactly(size + 2, head)
            if size == 0:
                return
            yield data[:-2]

    async def _exactly(self, size: int, head: Head) -> bytes:
        while len(self._buffer) < size:
            found = f"closed after {len(self._buffer)} of {size} bytes"
            await self._receive("cut", found, head)
        return self._take(size)

    async def _until(self, mark: bytes, kind: str, text: str, head: Head | None = None) -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise Lost("malformed", "a line without end")
            await self._receive(kind if not self._buffer else "cut", text, head)
        return self._take(end + len(mark))

    def _take(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def _receive(self, kind: str, text: str, head: Head | None) -> None:
        server = head.server if head else ""
        try:
            data = await asyncio.get_running_loop().sock_recv(self._socket, CHUNK_BYTES)
        except OSError as error:
            raise Lost(kind, str(error), server=server) from error
        if not data:
            raise Lost(kind, text, server=server)
        self._buffer += data


def parse_head(data: bytes) -> Head:
    """Read status line and headers; Lost when they are none."""
    first, *lines = data.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if not words[0].startswith("HTTP/1.") or len(words) < 2 or not words[1].isdigit():
        raise Lost("malformed", f"the answer begins with {first[:60]!r}")
    pairs = (line.partition(":") for line in lines if line)
    return Head(int(words[1]), {name.lower(): value.strip() for name, _, value in pairs})


def _number(text: bytes, base: int, head: Head) -> int:
    try:
        return int(text, base)
    except ValueError:
        raise Lost("malformed", f"found {text[:20]!r} for a size", server=head.server) from None


def request_bytes(
    method: str, target: str, *, host: str, body: bytes = b"", keeps_open: bool
) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "User-Agent: rollway-load"]
    lines += [] if keeps_open else ["Connection: close"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
