"""The engine's client against a real HTTP server behind a real unix socket."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from ansible.module_utils.rollway.engine import EngineProblem, LocalEngine
from ansible.module_utils.rollway.engine_wire import decode_log, encode_auth

IMAGE = "registry.example/iris@sha256:" + "a" * 64
ANSWERS: dict[str, tuple[int, bytes]] = {
    "GET /version": (200, b'{"Version": "26.1.5"}'),
    "GET /v1.44/containers/gone/json": (404, b'{"message": "No such container: gone"}'),
    "POST /v1.44/containers/x/start": (500, b'{"message": "port is already allocated"}'),
    "POST /v1.44/containers/gone/stop": (404, b'{"message": "No such container"}'),
    "DELETE /v1.44/images/used": (409, b'{"message": "image is being used"}'),
    f"GET /v1.44/images/{IMAGE.replace('@', '%40').replace(':', '%3A')}/json": (
        200,
        json.dumps({"RepoDigests": [IMAGE]}).encode(),
    ),
    "GET /v1.44/system/df?type=image": (200, b'{"LayersSize": 4711, "Images": []}'),
    "GET /v1.44/images/big/json": (200, b'{"Size": 42}'),
    "GET /v1.44/images/gone/json": (404, b'{"message": "No such image: gone"}'),
    "GET /v1.44/containers/x/stats?stream=false&one-shot=true": (
        200,
        b'{"memory_stats": {"usage": 900, "stats": {"inactive_file": 300}}}',
    ),
    "GET /v1.44/containers/v1/stats?stream=false&one-shot=true": (
        200,
        b'{"memory_stats": {"usage": 900, "stats": {"total_inactive_file": 200}}}',
    ),
    "GET /v1.44/containers/still/stats?stream=false&one-shot=true": (200, b'{"memory_stats": {}}'),
    "GET /v1.44/images/other%40sha256%3Ab/json": (200, b'{"RepoDigests": ["other@sha256:c"]}'),
}

EVENTS = b"".join(
    json.dumps({"Action": "die", "Actor": {"Attributes": {"exitCode": code}}}).encode() + b"\n"
    for code in ("1", "137")
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str | None]]

    def _answer(self) -> None:
        key = f"{self.command} {self.path}"
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.bodies.append(body)  # type: ignore[attr-defined]
        self.server.seen.append((key, self.headers.get("X-Registry-Auth")))  # type: ignore[attr-defined]
        status, body = ANSWERS.get(key, (200, b""))
        if "images/create" in self.path:
            body = self.server.progress  # type: ignore[attr-defined]
        if "/events?" in self.path and "gone" not in self.path:
            body = EVENTS
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        # As an engine that closes a connection which stood idle.
        self.close_connection = self.server.closes  # type: ignore[attr-defined]

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    closes = False
    progress = b'{"status": "Pulling"}\r\n{"status": "Digest: sha256:a"}\r\n'

    def __init__(self, path: str) -> None:
        super().__init__(path, Handler)
        self.seen: list[tuple[str, str | None]] = []
        self.bodies: list[bytes] = []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(str(tmp_path / "docker.sock")) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def engine(server: Server) -> LocalEngine:
    return LocalEngine(str(server.server_address))


def test_an_answer_is_json(engine: LocalEngine) -> None:
    assert engine.version() == {"Version": "26.1.5"}


def test_memory_is_what_the_kernel_cannot_drop(engine: LocalEngine) -> None:
    assert [engine.memory_used(name) for name in ("x", "v1", "still", "gone")] == [
        *(600, 700),
        *(0, 0),
    ]


def test_a_connection_the_engine_closed_is_opened_again(
    engine: LocalEngine, server: Server
) -> None:
    server.closes = True
    assert [engine.version()["Version"] for _ in range(3)] == ["26.1.5"] * 3


def test_a_container_that_is_gone_is_none_and_stops_quietly(engine: LocalEngine) -> None:
    assert engine.inspect("gone") is None
    engine.stop("gone", grace_seconds=1)


def test_a_refusal_carries_the_engine_s_words(engine: LocalEngine) -> None:
    with pytest.raises(EngineProblem) as caught:
        engine.start("x")
    assert str(caught.value) == "engine POST /containers/x/start: port is already allocated"
    assert caught.value.status == 500


def test_an_image_in_use_stays_without_a_word(engine: LocalEngine) -> None:
    engine.remove_image("used")


def test_an_image_by_digest_counts_only_with_that_digest(engine: LocalEngine) -> None:
    assert engine.has_image(IMAGE)
    assert not engine.has_image("other@sha256:b")


def test_the_last_exit_is_that_of_the_latest_event_until_now(
    engine: LocalEngine, server: Server
) -> None:
    assert [engine.last_exit(name) for name in ("x", "gone")] == [137, None]
    query = parse_qs(urlsplit(server.seen[0][0].removeprefix("GET ")).query)
    assert json.loads(query["filters"][0]) == {"container": ["x"], "event": ["die"]}
    assert float(query["until"][0]) <= time.time()


def test_what_images_take(engine: LocalEngine) -> None:
    assert engine.layers_bytes() == 4711
    assert [engine.image_bytes(image) for image in ("big", "gone")] == [42, 0]


def test_a_container_is_renamed_and_goes_with_or_without_its_volumes(
    engine: LocalEngine, server: Server
) -> None:
    engine.rename("x", "iris-blue-api-1-1")
    engine.remove("x")
    engine.remove("x", keeps_volumes=True)
    assert [key for key, _ in server.seen] == [
        "POST /v1.44/containers/x/rename?name=iris-blue-api-1-1",
        "DELETE /v1.44/containers/x?v=1&force=1",
        "DELETE /v1.44/containers/x?v=0&force=1",
    ]


def test_a_container_joins_a_network_under_other_names_and_leaves_it(
    engine: LocalEngine, server: Server
) -> None:
    engine.connect("shop_default", "x", ["db"])
    engine.disconnect("shop_default", "x")
    engine.set_restart("x", {"Name": "no"})
    seen = zip(server.seen, server.bodies, strict=True)
    assert [(key, json.loads(body)) for (key, _), body in seen] == [
        (
            "POST /v1.44/networks/shop_default/connect",
            {"Container": "x", "EndpointConfig": {"Aliases": ["db"]}},
        ),
        ("POST /v1.44/networks/shop_default/disconnect", {"Container": "x", "Force": True}),
        ("POST /v1.44/containers/x/update", {"RestartPolicy": {"Name": "no"}}),
    ]


def test_a_pull_sends_the_login_and_checks_the_digest(engine: LocalEngine, server: Server) -> None:
    engine.pull(IMAGE, {"username": "ro", "password": "pw", "serveraddress": "registry.example"})
    sent = dict(server.seen)
    header = next(auth for key, auth in sent.items() if "images/create" in key)
    assert header == encode_auth(
        {"username": "ro", "password": "pw", "serveraddress": "registry.example"}
    )


def test_a_pull_that_brings_another_digest_is_refused(engine: LocalEngine) -> None:
    with pytest.raises(EngineProblem, match="another image than the one asked for"):
        engine.pull("other@sha256:b", None)


def test_an_error_in_the_progress_is_an_error_although_the_status_was_200(
    engine: LocalEngine, server: Server
) -> None:
    server.progress = b'{"status": "Pulling"}\n{"error": "manifest unknown"}\n'
    with pytest.raises(EngineProblem, match="manifest unknown"):
        engine.pull(IMAGE, None)


def test_an_engine_that_is_not_there_says_what_to_look_at(tmp_path: Path) -> None:
    path = tmp_path / "none.sock"
    with pytest.raises(EngineProblem) as caught:
        LocalEngine(str(path)).version()
    assert caught.value.data["where"] == str(path)
    assert caught.value.data["next"] == "systemctl status docker"


FRAME = b"\x01\0\0\0\0\0\0\x06hello\n"
LOGS: list[Any] = [
    pytest.param(FRAME + b"\x02\0\0\0\0\0\0\x06world\n", ["hello", "world"], id="two streams"),
    pytest.param(b"plain\ntext\n", ["plain", "text"], id="a terminal"),
    pytest.param(b"\x01\0\0\0\0\0\0\x02\xff\n", ["\ufffd"], id="bytes that are no UTF-8"),
    pytest.param(b"", [], id="nothing"),
]


@pytest.mark.parametrize(("body", "lines"), LOGS)
def test_log_answers_are_decoded(body: bytes, lines: list[str]) -> None:
    assert decode_log(body) == lines
