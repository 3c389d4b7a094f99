"""When a slot is ready: containers run and stay, are healthy, and answer over HTTP."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .clock import Clock
from .containers import Container

POLL_SECONDS = 0.03
STABLE_SECONDS = 2.0  # how long a container without a health check must stay up
HTTP_SECONDS = 2.0
FAILED_STATES = ("exited", "dead", "removing")

Inspect = Callable[[], list[Container]]
HttpGet = Callable[[str, int, str], str]
Accepts = Callable[[str, int], bool]


@dataclass(frozen=True)
class Target:
    """What one Compose service must reach, and by when (seconds after the start)."""

    container: str
    has_healthcheck: bool
    deadline_seconds: float
    url: tuple[str, int, str] | None = None  # address, port, path


@dataclass(frozen=True)
class Unready:
    """Why a slot is not ready `seconds` after its start; `is_final` when waiting cannot help."""

    container: str
    found: str
    is_final: bool = False
    seconds: float = 0.0


def wait_until_ready(
    targets: Sequence[Target], *, inspect: Inspect, clock: Clock, http_get: HttpGet
) -> list[Unready]:
    """Poll until every target is ready; return what is not when a deadline has passed.

    A container that ended, restarted or turned unhealthy ends the wait at once. One without a
    health check must have been up for two seconds: `running` alone is what a crash loop shows.
    """
    began = clock.monotonic()
    while True:
        containers = {one.service: one for one in inspect()}
        spent = clock.monotonic() - began
        unready = [
            trouble
            for target in targets
            if (trouble := judge(target, containers, spent=spent, http_get=http_get))
        ]
        late = {target.container for target in targets if spent >= target.deadline_seconds}
        if not unready or any(one.is_final or one.container in late for one in unready):
            return [replace(one, seconds=spent) for one in unready]
        clock.sleep(POLL_SECONDS)


def judge(
    target: Target, containers: Mapping[str, Container], *, spent: float, http_get: HttpGet
) -> Unready | None:
    """Return why a target is not ready `spent` seconds after its start, or None."""
    found = containers.get(target.container)
    if found is None:
        return Unready(target.container, "has no container", is_final=True)
    trouble = _crash(found)
    if trouble:
        return Unready(target.container, trouble, is_final=True)
    waiting = _waiting(target, found, spent) or _silence(target, http_get)
    return Unready(target.container, waiting) if waiting else None


def ready_answer(address: str, port: int, path: str) -> str:
    """Ask for readiness over HTTP; return '' when the answer is 2xx, else what came instead."""
    connection = http.client.HTTPConnection(address, port, timeout=HTTP_SECONDS)
    try:
        connection.request("GET", path, headers={"User-Agent": "rollway"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"GET {path}: {str(error) or type(error).__name__}"
    finally:
        connection.close()
    return "" if 200 <= status < 300 else f"GET {path}: status {status}"  # noqa: PLR2004


def accepts_connections(address: str, port: int) -> bool:
    """Say whether something listens there."""
    try:
        socket.create_connection((address, port), timeout=HTTP_SECONDS).close()
    except OSError:
        return False
    return True


def _crash(found: Container) -> str:
    if found.oom:
        return "was killed: out of memory"
    if found.restarts or found.state == "restarting":
        return f"restarted {found.restarts} times, last exit code {found.exit_code}"
    if found.state in FAILED_STATES:
        return f"ended with exit code {found.exit_code}"
    return "is unhealthy" if found.health == "unhealthy" else ""


def _waiting(target: Target, found: Container, spent: float) -> str:
    if not found.is_running:
        return f"is {found.state}"
    if found.health not in ("", "healthy"):
        return f"its health is {found.health}"
    if not target.has_healthcheck and not found.health and spent < STABLE_SECONDS:
        return "has no health check and is not up for 2 s"
    return ""


def _silence(target: Target, http_get: HttpGet) -> str:
    return http_get(*target.url) if target.url else ""
