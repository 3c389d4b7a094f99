"""Every way an answer can go missing has a name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.load.wire import Answer, Connection, Lost, parse_head, request_bytes

HEAD = b"HTTP/1.1 200 OK\r\nX-Rollway-Version: v1\r\n"
SIZED = HEAD + b"Content-Length: 5\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    yield ours, theirs
    ours.close()
    theirs.close()


def _exchange(pair: tuple[socket.socket, socket.socket], said: bytes) -> Answer:
    """What comes of a request when the server says this and closes."""
    ours, theirs = pair
    theirs.sendall(said)
    theirs.shutdown(socket.SHUT_WR)
    return asyncio.run(Connection(ours).exchange(b"GET / HTTP/1.1\r\n\r\n"))


WHOLE = [
    ("a sized body", SIZED + b"hello", b"hello"),
    ("an empty body", HEAD + b"Content-Length: 0\r\n\r\n", b""),
    ("chunks", CHUNKED + b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", b"hello"),
]


@pytest.mark.parametrize(("said", "body"), [c[1:] for c in WHOLE], ids=[c[0] for c in WHOLE])
def test_whole_answers(pair: tuple[socket.socket, socket.socket], said: bytes, body: bytes) -> None:
    answer = _exchange(pair, said)
    assert (answer.head.status, answer.head.server, answer.body) == (200, "v1", body)


LOST = [
    ("nothing at all", b"", "no_answer"),
    ("half a head", HEAD, "cut"),
    ("half a body", SIZED + b"hel", "cut"),
    ("half a chunk", CHUNKED + b"5\r\nhel", "cut"),
    ("no last chunk", CHUNKED + b"5\r\nhello\r\n", "cut"),
    ("a last chunk without its end", CHUNKED + b"5\r\nhello\r\n0\r\n", "cut"),
    ("a size that is none", CHUNKED + b"x\r\n", "malformed"),
    ("a body without size", HEAD + b"\r\nhello", "malformed"),
    ("something else", b"SSH-2.0-OpenSSH\r\n\r\n", "malformed"),
]


@pytest.mark.parametrize(("said", "kind"), [c[1:] for c in LOST], ids=[c[0] for c in LOST])
def test_lost_answers(pair: tuple[socket.socket, socket.socket], said: bytes, kind: str) -> None:
    with pytest.raises(Lost) as caught:
        _exchange(pair, said)
    assert caught.value.kind == kind


def test_a_close_while_idle_is_seen_before_a_request(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = pair
    connection = Connection(ours)
    assert not connection.is_closed_by_server()
    theirs.close()
    assert connection.is_closed_by_server()


@pytest.mark.parametrize(
    ("headers", "keeps_open"),
    [(b"", True), (b"Connection: Close\r\n", False)],
    ids=["silence keeps open", "an announced close"],
)
def test_a_server_says_when_it_closes(headers: bytes, keeps_open: bool) -> None:
    assert parse_head(HEAD + headers + b"\r\n").keeps_open is keeps_open


def test_a_request_on_the_wire() -> None:
    assert request_bytes("POST", "/a", host="h", body=b"{}", keeps_open=False) == (
        b"POST /a HTTP/1.1\r\nHost: h\r\nUser-Agent: rollway-load\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    )
