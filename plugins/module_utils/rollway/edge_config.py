"""The text HAProxy reads: a backend per application, and the map from addresses to applications.

Keywords: HAProxy configuration manual, 4.2 (`http-check`, `retry-on`) and 5.2 (`server`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from .edge_model import Backend, Server
from .problem import Problem

SPARE_SECONDS = 10  # timeout http-keep-alive: an idle client of an old worker leaves by then
# silence is known after 0.5 + 0.8 + 0.2 + 0.8 s at most: docs/decisions/0005
_CHECK_TIMEOUT = "800ms"
_CHECKS = "check inter 500ms fastinter 200ms downinter 500ms rise 1 fall 2"
# what the other side's kernel has not acknowledged for so long is lost: its host or network is gone
_LOST = "tcp-ut 2s"
_STATES = re.compile(r"^(  server .*?) weight \d+(?: disabled)?$", re.MULTILINE)
_HARD_STOP = re.compile(r"^\s*hard-stop-after\s+(\d+)(ms|s|m|h|d)?\s*(?:#.*)?$", re.MULTILINE)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def render(backend: Backend, servers: Sequence[Server], *, out: Collection[str] = ()) -> str:
    """The text of a backend.

    `out` names more servers to keep out: a worker that starts calls every other one UP at once,
    also those whose checks failed a moment ago.
    """
    head = [
        f"# {backend.app}: written by Rollway at each deploy; changes made here are lost.",
        f"backend {backend.name}",
        "  balance roundrobin",
        "  option httpchk",
        f"  http-check send meth GET uri {backend.ready} ver HTTP/1.1 hdr Host {backend.host}",
        "  http-check expect status 200-299",
        f"  timeout check {_CHECK_TIMEOUT}",
        *_retry_lines(backend),
        f"  default-server {_CHECKS} {_LOST} pool-purge-delay 1s",
    ]
    lines = [_server_line(server, is_out=server.name in out) for server in servers]
    return "\n".join([*head, *lines]) + "\n"


def topology(text: str) -> str:
    """The part of a backend's text that only a reload can change: all but weights and states."""
    return _STATES.sub(r"\1", text)


def render_map(backends: Iterable[Backend], *, foreign: Iterable[str] = ()) -> str:
    """The map of routes, `<host>/<path>/ <app>` a line; `foreign` lines are kept as they are."""
    lines = {f"{key} {backend.app}" for backend in backends for key in backend.keys}
    return "".join(f"{line}\n" for line in sorted(lines | set(foreign)))


def check_routes(backend: Backend, taken: Mapping[str, str]) -> None:
    """Problem when another application already answers at one of this one's addresses.

    `taken` is route → application.
    """
    for key in sorted(taken.keys() & set(backend.keys)):
        raise Problem(
            "x-rollway/http/hosts",
            f"{key} is routed to {taken[key]}",
            "an address that no other application has",
            f"change hosts or path of {backend.app}, or ./invoke remove --app={taken[key]}",
        )


def check_drain(backend: Backend, main_configuration: str) -> None:
    """Problem when old workers are stopped before this application's requests may end."""
    match = _HARD_STOP.search(main_configuration)
    if match is None:
        return
    longest = int(match[1]) * _UNITS[match[2] or "ms"] - SPARE_SECONDS
    if backend.drain_seconds > longest:
        raise Problem(
            "x-rollway/http/drain_seconds",
            f"{backend.drain_seconds:g} s, and the edge stops old workers after "
            f"{longest + SPARE_SECONDS:g} s",
            f"at most {longest:g}",
            f"set edge_hard_stop_seconds to {backend.drain_seconds + SPARE_SECONDS:g} or more, "
            "then ./invoke provision",
        )


def _retry_lines(backend: Backend) -> list[str]:
    """A connection that was refused is tried elsewhere; a request is sent twice only by consent."""
    if not backend.retry:
        return ["  retry-on conn-failure"]
    methods = " ".join(backend.retry)
    return [
        "  retry-on all-retryable-errors",
        f"  http-request disable-l7-retry unless {{ method {methods} }}",
    ]


def _server_line(server: Server, *, is_out: bool) -> str:
    state = " disabled" if is_out or not server.is_ready else ""
    return f"  server {server.name} {server.socket_address} weight {server.weight}{state}"
