"""Answers that the lab's registry never gives: tokens, pages, several platforms, odd errors."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from rollway import exits
from rollway.errors import RollwayError
from rollway.release.registry_client import RegistryClient

DIGEST = "sha256:" + "a1" * 32
BASIC = "Basic " + base64.b64encode(b"ada:secret").decode()
CHALLENGE = 'Bearer realm="https://auth.example.com/token",service="registry"'


class Registry(BaseAdapter):
    """Answers by path in the client's own process, and remembers what it was asked."""

    def __init__(self, answers: dict[str, tuple[int, dict[str, str], Any]]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.asked.append(request)
        answer = requests.Response()
        answer.request, answer.url = request, str(request.url)
        answer.status_code, headers, body = self.answers.get(str(request.path_url), (404, {}, {}))
        if "token_only" in headers and not str(request.headers.get("Authorization")).startswith(
            "Bearer"
        ):
            answer.status_code, headers = 401, {"WWW-Authenticate": CHALLENGE}
        answer.headers.update(headers)
        answer._content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return answer

    def close(self) -> None:
        pass


def client_of(registry: Registry, address: str = "reg.example.com") -> RegistryClient:
    client = RegistryClient(address, registry="10.0.0.5:5000", username="ada", password="secret")
    client._session._session().mount("https://", registry)
    return client


def test_a_tag_becomes_a_digest_under_the_name_that_hosts_use() -> None:
    registry = Registry({"/v2/iris/manifests/1": (200, {"Docker-Content-Digest": DIGEST}, {})})
    assert client_of(registry).resolve("10.0.0.5:5000/iris:1") == f"10.0.0.5:5000/iris@{DIGEST}"
    assert registry.asked[0].method == "HEAD"
    assert registry.asked[0].headers["Authorization"] == BASIC
    assert "oci.image.index" in registry.asked[0].headers["Accept"]
    assert "docker.distribution.manifest.v2" in registry.asked[0].headers["Accept"]


AS_THEY_ARE = [
    ("another registry's tag", "redis:7", "redis:7"),
    ("another registry's digest", f"ghcr.io/a/b@{DIGEST}", f"ghcr.io/a/b@{DIGEST}"),
    ("a registry whose name begins alike", "10.0.0.5:50001/iris:1", "10.0.0.5:50001/iris:1"),
    ("a digest of ours", f"10.0.0.5:5000/iris:1@{DIGEST}", f"10.0.0.5:5000/iris@{DIGEST}"),
]


@pytest.mark.parametrize(
    ("reference", "resolved"), [case[1:] for case in AS_THEY_ARE], ids=[c[0] for c in AS_THEY_ARE]
)
def test_asks_nobody(reference: str, resolved: str) -> None:
    registry = Registry({})
    assert client_of(registry).resolve(reference) == resolved
    assert registry.asked == []


def test_a_digest_that_is_not_told_is_computed() -> None:
    registry = Registry({"/v2/iris/manifests/1": (200, {}, b"{}")})
    empty = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    assert client_of(registry).resolve("10.0.0.5:5000/iris:1") == f"10.0.0.5:5000/iris@{empty}"


def test_a_registry_in_a_folder() -> None:
    path = "/v2/team/iris/manifests/1"
    registry = Registry({path: (200, {"Docker-Content-Digest": DIGEST}, {})})
    client = client_of(registry, "harbor.example.com/team")
    assert client.resolve("10.0.0.5:5000/iris:1") == f"10.0.0.5:5000/iris@{DIGEST}"


def test_a_token_is_fetched_once() -> None:
    token = "/token?scope=repository%3Airis%3Apull&service=registry"
    registry = Registry(
        {
            token: (200, {}, {"token": "t0k"}),
            "/v2/iris/tags/list": (200, {"token_only": "yes"}, {"tags": ["1"]}),
        }
    )
    client = client_of(registry)
    assert (client.tags("iris"), client.tags("iris")) == (["1"], ["1"])
    sent = [(r.path_url, r.headers.get("Authorization")) for r in registry.asked]
    assert sent == [
        ("/v2/iris/tags/list", BASIC),
        (token, BASIC),
        ("/v2/iris/tags/list", "Bearer t0k"),
        ("/v2/iris/tags/list", "Bearer t0k"),
    ]


def test_a_token_service_without_tls_gets_no_login() -> None:
    challenge = {"WWW-Authenticate": 'Bearer realm="http://auth.example.com/token"'}
    registry = Registry({"/v2/iris/tags/list": (401, challenge, {})})
    with pytest.raises(RollwayError, match=r"is not HTTPS: 'http://auth\.example\.com"):
        client_of(registry).tags("iris")
    assert len(registry.asked) == 1


def test_tags_come_from_every_page_and_by_their_numbers() -> None:
    link = {"Link": '<https://wrong.example.com/v2/iris/tags/list?n=2&last=1.9>; rel="next"'}
    registry = Registry(
        {
            "/v2/iris/tags/list": (200, link, {"tags": ["1.10", "1.9"]}),
            "/v2/iris/tags/list?n=2&last=1.9": (200, {}, {"tags": ["dev", "1.2"]}),
        }
    )
    assert client_of(registry).tags("iris") == ["1.2", "1.9", "1.10", "dev"]


NO_TAGS = [("an unknown repository", 404, {}), ("a repository emptied", 200, {"tags": None})]


@pytest.mark.parametrize(
    ("status", "body"), [case[1:] for case in NO_TAGS], ids=[case[0] for case in NO_TAGS]
)
def test_there_are_no_tags(status: int, body: dict[str, Any]) -> None:
    assert client_of(Registry({"/v2/iris/tags/list": (status, {}, body)})).tags("iris") == []


def _layer(digest: str, size: int) -> dict[str, Any]:
    return {"digest": f"sha256:{digest}", "size": size}


ONE = {"config": {"digest": DIGEST}, "layers": [_layer("a", 30), _layer("b", 12)]}
LARGE = {"config": {"digest": DIGEST}, "layers": [_layer("c", 100)]}
INDEX = {
    "manifests": [
        {"digest": "sha256:1", "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": "sha256:2", "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": "sha256:3", "platform": {"os": "unknown", "architecture": "unknown"}},
    ]
}


@pytest.mark.parametrize(
    ("manifest", "size"),
    [
        pytest.param(ONE, 42, id="one platform"),
        pytest.param(INDEX, 100, id="of several the largest, attestations left out"),
    ],
)
def test_size(manifest: dict[str, Any], size: int) -> None:
    registry = Registry(
        {
            "/v2/iris/manifests/1": (200, {}, manifest),
            "/v2/iris/manifests/sha256:1": (200, {}, ONE),
            "/v2/iris/manifests/sha256:2": (200, {}, LARGE),
        }
    )
    assert client_of(registry).size_bytes("10.0.0.5:5000/iris:1") == size


def test_a_layer_that_stands_twice_is_pulled_once() -> None:
    twice = {"config": {"digest": DIGEST}, "layers": [_layer("a", 30), _layer("a", 30)]}
    registry = Registry({"/v2/iris/manifests/1": (200, {}, twice)})
    assert client_of(registry).layers("10.0.0.5:5000/iris:1") == {"sha256:a": 30}


def test_size_is_unknown_where_nothing_is() -> None:
    client = client_of(Registry({}))
    assert client.size_bytes("10.0.0.5:5000/iris:1") is None
    assert client.size_bytes("redis:7") is None


def test_labels() -> None:
    blob = {"config": {"Labels": {"a": "b"}}}
    registry = Registry(
        {
            "/v2/iris/manifests/1": (200, {}, ONE),
            f"/v2/iris/blobs/{DIGEST}": (200, {}, blob),
        }
    )
    assert client_of(registry).labels("iris", "1") == {"a": "b"}
    assert client_of(Registry({})).labels("iris", "1") == {}


def test_an_unknown_version_names_the_known_ones() -> None:
    registry = Registry({"/v2/iris/tags/list": (200, {}, {"tags": [f"1.{n}" for n in range(12)]})})
    with pytest.raises(RollwayError) as refusal:
        client_of(registry).resolve("10.0.0.5:5000/iris:2.0")
    assert refusal.value.exit_code == exits.REFUSED
    assert str(refusal.value) == (
        "10.0.0.5:5000/iris: the version 2.0 is not in the registry; "
        "accepted: 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 1.10, 1.11; "
        "next: ./invoke build --version=2.0, or deploy one of the known versions"
    )


TROUBLE: list[tuple[str, tuple[int, dict[str, str], Any], str]] = [
    (
        "a login that is refused",
        (401, {}, {}),
        (
            "registry reg.example.com: the login for iris was refused (401); "
            "next: set rollway_registry_username and rollway_registry_password"
        ),
    ),
    (
        "a right that is missing",
        (403, {}, {}),
        (
            "registry reg.example.com: the login for iris was refused (403); "
            "next: set rollway_registry_username and rollway_registry_password"
        ),
    ),
    (
        "an error of its own",
        (500, {}, {}),
        (
            "registry reg.example.com: it answered 500 for iris; "
            "next: curl https://reg.example.com/v2/ must answer from this machine"
        ),
    ),
    (
        "a page for people",
        (200, {}, b"<html>"),
        (
            "registry reg.example.com: its answer is not JSON: is it a registry?; "
            "next: curl https://reg.example.com/v2/ must answer from this machine"
        ),
    ),
    (
        "JSON that is no object",
        (200, {}, []),
        (
            "registry reg.example.com: its answer is not a JSON object: is it a registry?; "
            "next: curl https://reg.example.com/v2/ must answer from this machine"
        ),
    ),
]


@pytest.mark.parametrize(
    ("answer", "message"), [case[1:] for case in TROUBLE], ids=[case[0] for case in TROUBLE]
)
def test_trouble(answer: tuple[int, dict[str, str], Any], message: str) -> None:
    with pytest.raises(RollwayError) as trouble:
        client_of(Registry({"/v2/iris/tags/list": answer})).tags("iris")
    assert str(trouble.value) == message
    assert trouble.value.exit_code == exits.REFUSED


def test_an_authority_s_file_that_is_missing_is_wrong_use(tmp_path: Path) -> None:
    missing = str(tmp_path / "ca.pem")
    with pytest.raises(RollwayError) as caught:
        RegistryClient("reg.example.com", registry="10.0.0.5:5000", ca=missing)
    assert caught.value.exit_code == exits.USAGE
    assert str(caught.value) == (
        f"rollway_registry_ca: there is no file {missing!r}; accepted: "
        "the PEM file of the authority that signed the registry's certificate; "
        "next: set it in the inventory (group_vars/all.yml)"
    )


@pytest.fixture
def door_that_shuts() -> Iterator[str]:
    """What stands before a registry that is down: it takes connections, and closes them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_shut, args=(server,), daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def _shut(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


def test_a_registry_that_hangs_up_is_not_blamed_for_its_certificate(door_that_shuts: str) -> None:
    client = RegistryClient(door_that_shuts, registry="10.0.0.5:5000")
    with pytest.raises(RollwayError, match="it cannot be reached: ") as trouble:
        client.resolve("10.0.0.5:5000/iris:1")
    assert trouble.value.exit_code == exits.REFUSED
