"""What to send, how much of it, and to whom: only ever to this machine or to a lab."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

LAB_NETWORK = ipaddress.ip_network("10.77.0.0/16")
HIGHEST_RATE = 1000.0
STREAM_SECONDS, SHORT_STREAM_SECONDS = 20.0, 2.0
LONGEST_SECONDS = 3600.0
METHODS = ("GET", "POST")


@dataclass(frozen=True)
class Options:
    """A load. `rate` is in requests per second, all clients together, not counting streams.

    `versions` are those an answer may come from; empty means any. `idle_seconds` are the shortest
    and the longest time a kept-alive client thinks; `stream_seconds` 0 means no stream. `methods`
    are those of the requests, in turn.
    """

    url: str
    rate: float = 120.0
    seconds: float = LONGEST_SECONDS
    versions: tuple[str, ...] = ()
    methods: tuple[str, ...] = METHODS
    host: str = ""
    model: str = "iris"
    idle_seconds: tuple[float, float] = (0.05, 5.0)
    stream_seconds: float = STREAM_SECONDS
    stream_interval: float = 0.2
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        _require(0 < self.rate <= HIGHEST_RATE, f"rate {self.rate}", f"up to {HIGHEST_RATE:g}/s")
        _require(
            0 < self.seconds <= LONGEST_SECONDS,
            f"seconds {self.seconds}",
            f"up to {LONGEST_SECONDS:g}",
        )
        known = set(self.methods)
        _require(bool(known) and known <= set(METHODS), f"methods {self.methods}", f"of {METHODS}")
        address, _ = self.address
        _require(_is_near(address), f"url {self.url}", f"http://, loopback or {LAB_NETWORK}")

    @property
    def address(self) -> tuple[str, int]:
        """The address and port to connect to."""
        parts = urlsplit(self.url)
        _require(parts.scheme == "http" and bool(parts.hostname), f"url {self.url}", "http://…")
        name = "127.0.0.1" if parts.hostname == "localhost" else str(parts.hostname)
        return name, parts.port or 80

    @property
    def host_header(self) -> str:
        return self.host or urlsplit(self.url).netloc


def _is_near(address: str) -> bool:
    """Only literals: a name could mean another machine at each look."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.is_loopback or (found.version == LAB_NETWORK.version and found in LAB_NETWORK)


def _require(holds: bool, found: str, accepted: str) -> None:
    if not holds:
        raise ValueError(f"found {found}; accepted: {accepted}")
