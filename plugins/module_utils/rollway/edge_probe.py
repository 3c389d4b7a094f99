"""What the edge itself sees: readiness before traffic moves, and a wave while it bakes."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from .edge_config import Backend, Server
from .haproxy_state import Counters, read_counters
from .problem import Problem

POLL_SECONDS = 0.03
OBSERVE_SECONDS = 0.15
_REQUEST_SECONDS = 2.0


def probe_all(servers: Sequence[Server], backend: Backend, *, seconds: float) -> None:
    """GET the readiness path of every server until all answer 2xx; Problem names who does not."""
    if not servers:
        return
    with ThreadPoolExecutor(max_workers=min(32, len(servers))) as pool:
        found = list(pool.map(lambda one: _probe(one, backend, seconds), servers))
    bad = [f"{server.name}: {words}" for server, words in zip(servers, found, strict=True) if words]
    if bad:
        raise Problem(
            f"GET {backend.ready} from the edge",
            "; ".join(bad),
            "2xx",
            "the edge must reach the app hosts at rollway_address, ports 20000 to 29999",
        )


def _probe(server: Server, backend: Backend, seconds: float) -> str:
    """Nothing when it answered 2xx in time, otherwise its last words."""
    end = time.monotonic() + seconds
    while True:
        words = _get(server, backend)
        if not words or time.monotonic() >= end:
            return words
        time.sleep(POLL_SECONDS)


def _get(server: Server, backend: Backend) -> str:
    channel = http.client.HTTPConnection(server.address, server.port, timeout=_REQUEST_SECONDS)
    host = backend.hosts[0] if backend.hosts else "rollway"
    try:
        channel.request("GET", backend.ready, headers={"Host": host, "Connection": "close"})
        status = channel.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        channel.close()
    is_ready = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return "" if is_ready else f"it answered {status}"


def observe(
    read: Callable[[], dict[str, Counters]], names: Sequence[str], *, seconds: float
) -> dict[str, dict[str, Any]]:
    """Watch servers for a while; the end comes early when one of them goes down."""
    before = read()
    end = time.monotonic() + seconds
    went_down: set[str] = set()
    while True:
        now = read()
        went_down |= {name for name in names if name in now and now[name].is_down}
        if went_down or time.monotonic() >= end:
            break
        time.sleep(OBSERVE_SECONDS)
    return {
        name: {**asdict(now[name].since(before.get(name))), "went_down": name in went_down}
        for name in names
        if name in now
    }


def observe_backend(
    admin: str, backend: Backend, names: Sequence[str], *, seconds: float
) -> dict[str, dict[str, Any]]:
    """Watch servers of a backend through HAProxy's counters."""
    return observe(lambda: read_counters(admin, backend.name), names, seconds=seconds)
