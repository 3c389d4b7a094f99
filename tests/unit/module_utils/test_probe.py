from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from ansible.module_utils.rollway.containers import Container
from ansible.module_utils.rollway.probe import Target, Unready, ready_answer, wait_until_ready

from tests.unit.module_utils.fake_engine import FakeClock, container

CHECKED = Target("api-1", has_healthcheck=True, deadline_seconds=10)
BARE = Target("api-1", has_healthcheck=False, deadline_seconds=10)


def found(**changes: Any) -> list[Container]:
    return [Container.from_inspect(container("web", "iris-blue", "api-1", **changes))]


def wait(target: Target, seen: Any, *, get: Any = lambda *_: "") -> tuple[list[Unready], float]:
    """Wait on a fake clock; `seen` says how the containers are after so many seconds."""
    clock = FakeClock()
    began = clock.now
    unready = wait_until_ready(
        [target], inspect=lambda: seen(clock.now - began), clock=clock, http_get=get
    )
    return unready, clock.now - began


def test_a_healthy_container_is_ready_at_once() -> None:
    assert wait(CHECKED, lambda _: found()) == ([], 0.0)


def test_a_container_is_ready_as_soon_as_it_is_healthy() -> None:
    def seen(spent: float) -> list[Container]:
        return found(health="healthy" if spent > 1 else "starting")

    unready, spent = wait(CHECKED, seen)
    assert unready == []
    assert 1 <= spent < 1.1


def test_a_container_without_a_check_must_stay_up_for_two_seconds() -> None:
    unready, spent = wait(BARE, lambda _: found(health=""))
    assert unready == []
    assert 2 <= spent < 2.1


def test_a_crash_within_these_two_seconds_is_seen() -> None:
    def seen(spent: float) -> list[Container]:
        return found(health="", restarts=int(spent > 1.5), exit_code=1)

    unready, spent = wait(BARE, seen)
    assert [(one.found, one.is_final) for one in unready] == [
        ("restarted 1 times, last exit code 1", True)
    ]
    assert spent < 1.6


def test_a_container_that_is_not_there_ends_the_wait() -> None:
    unready, spent = wait(CHECKED, lambda _: [])
    assert [one.found for one in unready] == ["has no container"]
    assert spent == 0.0


def test_the_answer_over_http_decides_after_health() -> None:
    target = Target("api-1", True, 10, ("192.0.2.1", 20000, "/ready"))
    unready, spent = wait(target, lambda _: found(), get=lambda *_: "GET /ready: status 503")
    assert [one.found for one in unready] == ["GET /ready: status 503"]
    assert 10 <= spent < 10.1


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204 if self.path == "/ready" else 500)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_real_answer_is_judged_by_its_status() -> None:
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        assert ready_answer("127.0.0.1", server.server_port, "/ready") == ""
        assert ready_answer("127.0.0.1", server.server_port, "/x") == "GET /x: status 500"
    finally:
        server.shutdown()
        server.server_close()


def test_nobody_listening_is_no_answer() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        answer = ready_answer("127.0.0.1", unused.getsockname()[1], "/ready")
    assert "Connection refused" in answer


@pytest.mark.parametrize("status", ["exited", "dead"])
def test_an_ended_container_ends_the_wait(status: str) -> None:
    unready, spent = wait(CHECKED, lambda _: found(state=status, exit_code=3))
    assert [one.found for one in unready] == ["ended with exit code 3"]
    assert spent == 0.0
