"""Which requests a load sends."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.load import Load, Options
from tests.load.clients import requests_of
from tests.load.options import METHODS

CASES = [
    pytest.param(METHODS, ["new_get", "new_post"], id="both in turn"),
    pytest.param(("POST",), ["new_post"], id="what no edge tries again"),
    pytest.param(("GET",), ["new_get"], id="what edges may try again"),
]


@pytest.mark.parametrize(("methods", "profiles"), CASES)
def test_only_methods_that_are_asked_for_are_sent(
    methods: tuple[str, ...], profiles: list[str]
) -> None:
    options = Options("http://127.0.0.1", methods=methods)
    assert [one.profile for one in requests_of(options, keeps_open=False)] == profiles


class Failing(BaseHTTPRequestHandler):
    """Answers 500 to whatever comes."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def failing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_users_saw_fail_is_counted_by_kind(failing: str) -> None:
    wanted = Options(failing, rate=200, seconds=0.1, methods=("POST",), stream_seconds=0)
    load = Load.start(wanted)
    load.process.wait(30)
    report = load.stop()
    assert report.lost_by_kind == {"status_500": 20}
    assert set(report.lost_by_profile) == {"new_post", "kept_post"}
