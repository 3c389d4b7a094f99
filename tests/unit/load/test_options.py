"""A load goes to this machine or to a lab, and is bounded."""

from __future__ import annotations

from typing import Any

import pytest

from tests.load import Options

NEAR = [
    ("loopback", "http://127.0.0.1:8080", ("127.0.0.1", 8080)),
    ("another loopback address", "http://127.0.0.2/", ("127.0.0.2", 80)),
    ("IPv6 loopback", "http://[::1]:81", ("::1", 81)),
    ("localhost", "http://localhost:8080", ("127.0.0.1", 8080)),
    ("a lab's edge", "http://10.77.0.10", ("10.77.0.10", 80)),
]


@pytest.mark.parametrize(("url", "address"), [c[1:] for c in NEAR], ids=[c[0] for c in NEAR])
def test_near_addresses(url: str, address: tuple[str, int]) -> None:
    assert Options(url).address == address


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("a name", {"url": "http://example.com"}),
    ("a public address", {"url": "http://192.0.2.1"}),
    ("a private address of somebody's", {"url": "http://10.78.0.1"}),
    ("an IPv6 address", {"url": "http://[2001:db8::1]"}),
    ("https", {"url": "https://127.0.0.1"}),
    ("no scheme", {"url": "127.0.0.1"}),
    ("no rate", {"rate": 0}),
    ("too high a rate", {"rate": 100000}),
    ("no time", {"seconds": 0}),
    ("too long a time", {"seconds": 1e6}),
    ("no method", {"methods": ()}),
    ("another method", {"methods": ("GET", "DELETE")}),
]


@pytest.mark.parametrize("change", [c[1] for c in REFUSED], ids=[c[0] for c in REFUSED])
def test_everything_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="accepted: "):
        Options(**{"url": "http://127.0.0.1", **change})


def test_the_host_header_can_be_another() -> None:
    assert Options("http://127.0.0.1:8080").host_header == "127.0.0.1:8080"
    assert Options("http://127.0.0.1:8080", host="api.example").host_header == "api.example"
