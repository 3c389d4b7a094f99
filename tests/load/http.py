"""As much of an HTTP/1.1 client as a load needs: it hides nothing and repeats nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

FLOWER = {"name": "flowers", "shape": [1, 4], "datatype": "FP64", "data": [5.1, 3.5, 1.4, 0.2]}
MODEL = "/v2/models/iris"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answer:
    """Status and body of one answer."""

    status: int
    body: bytes


def request(method: str, path: str, *, close: bool) -> bytes:
    """One request; a POST infers one flower."""
    body = json.dumps({"inputs": [FLOWER]}) if method == "POST" else ""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: rollway.test",
        f"Connection: {'close' if close else 'keep-alive'}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


async def connect(host: str, port: int) -> Connection:
    """A new connection."""
    return await asyncio.wait_for(asyncio.open_connection(host, port), CONNECT_SECONDS)


async def exchange(connection: Connection, data: bytes, *, seconds: float) -> Answer:
    """Send a request and read its whole answer; any break is an exception."""
    reader, writer = connection
    writer.write(data)
    await writer.drain()
    return await asyncio.wait_for(_read(reader), seconds)


async def _read(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if ": " in line)
    fields = {name.lower(): value for name, value in pairs}
    if "content-length" in fields:
        body = await reader.readexactly(int(fields["content-length"]))
    elif fields.get("transfer-encoding") == "chunked":
        body = await _read_chunks(reader)
    else:
        body = await reader.read()
    return Answer(int(head[0].split()[1]), body)


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    """Until the empty chunk: without it the stream was cut, and reading fails."""
    parts: list[bytes] = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


def version_of(method: str, answer: Answer) -> str:
    """The version in a good answer; ValueError says what is wrong with another."""
    if answer.status != 200:
        raise ValueError(f"status {answer.status}: {answer.body[:120]!r}")
    content: dict[str, Any] = json.loads(answer.body)
    version = content.get("version") or content.get("model_version")
    if not version:
        raise ValueError(f"no version in {answer.body[:120]!r}")
    if method == "POST" and not content["outputs"][0]["data"]:
        raise ValueError(f"no prediction in {answer.body[:120]!r}")
    return str(version)
