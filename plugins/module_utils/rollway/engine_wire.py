"""The Engine API's own encodings: credentials, log frames, progress, events, error bodies."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping

FRAME_HEADER = 8  # bytes: stream (0 to 2), three zeros, length in big-endian order
LAST_STREAM = 2


def encode_auth(auth: Mapping[str, str]) -> str:
    """Return credentials as the header X-Registry-Auth wants them."""
    return base64.urlsafe_b64encode(json.dumps(dict(auth)).encode()).decode()


def decode_log(body: bytes) -> list[str]:
    """Return the lines in a log answer: frames, or plain text from a container with a terminal."""
    text = b""
    while _is_frame(body):
        end = FRAME_HEADER + int.from_bytes(body[4:FRAME_HEADER], "big")
        text, body = text + body[FRAME_HEADER:end], body[end:]
    return (text + body).decode(errors="replace").splitlines()


def progress_errors(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the errors in a pull's progress, JSON lines; its HTTP status was 200 already."""
    for line in lines:
        report = json.loads(line) if line.strip() else {}
        if report.get("error"):
            yield str(report["error"])


def exit_codes(lines: Iterable[bytes]) -> list[int]:
    """Return the exit codes in events of containers that ended, JSON lines, oldest first."""
    told = (json.loads(line)["Actor"]["Attributes"] for line in lines if line.strip())
    return [int(attributes["exitCode"]) for attributes in told]


def error_message(body: bytes) -> str:
    """Return what the engine said is wrong."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip() or "an error without a message"


def _is_frame(body: bytes) -> bool:
    return len(body) >= FRAME_HEADER and body[0] <= LAST_STREAM and body[1:4] == b"\0\0\0"
