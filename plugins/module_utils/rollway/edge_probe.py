"""What servers answer when the edge itself asks them for readiness, before traffic moves."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .edge_model import Backend, Server
from .parallel import each
from .problem import Problem

POLL_SECONDS = 0.03
REQUEST_SECONDS = 1.0


@dataclass(frozen=True)
class Question:
    """A server to ask for `target`, again and again for at most `seconds`."""

    server: Server
    target: str
    host: str
    seconds: float


def silent_servers(
    servers: Iterable[Server], backend: Backend, *, seconds: float
) -> dict[str, str]:
    """Ask all at once until each answers 2xx or `seconds` have passed; the last words of the rest.

    With 0 seconds each is asked once.
    """
    words: dict[str, str] = {}
    guard = threading.Lock()

    def work(server: Server) -> None:
        said = patient_answer(Question(server, backend.ready, backend.host, seconds))
        with guard:
            words[server.name] = said

    each(servers, work)
    return {name: said for name, said in sorted(words.items()) if said}


def check_answers(words: Mapping[str, str], backend: Backend) -> None:
    """Problem when a server that must answer did not."""
    if words:
        raise Problem(
            f"GET {backend.ready} from the edge",
            "; ".join(f"{name}: {said}" for name, said in words.items()),
            "2xx",
            "let the edge reach the app hosts at rollway_address, ports 20000 to 29999",
        )


def patient_answer(question: Question) -> str:
    """'' as soon as the server answers 2xx, or what it said last."""
    end = time.monotonic() + question.seconds
    while True:
        said = _answer(question)
        if not said or time.monotonic() >= end:
            return said
        time.sleep(POLL_SECONDS)


def _answer(question: Question) -> str:
    server = question.server
    channel = http.client.HTTPConnection(server.address, server.port, timeout=REQUEST_SECONDS)
    headers = {"Host": question.host, "User-Agent": "rollway", "Connection": "close"}
    try:
        channel.request("GET", question.target, headers=headers)
        status = channel.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        channel.close()
    return "" if 200 <= status < 300 else f"it answered {status}"  # noqa: PLR2004
