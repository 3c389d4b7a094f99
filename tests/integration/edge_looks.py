"""How the edge's cases look at a rig, and what they hold against it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ansible.module_utils.rollway.haproxy_state import Running

from tests.integration.edge_rig import Rig, rig
from tests.load import Load, Report, StarvedError

NEVER_SECONDS = 30.0  # what has not come by then does not come
FIRST_REQUESTS = 30  # of a server: one second of the rig's load on two


@contextlib.contextmanager
def two_hosts(*, patience: str = "") -> Iterator[Rig]:
    """Hosts a and b, both slots up, blue ready."""
    with rig(patience=patience) as edge:
        for host in ("a", "b"):
            edge.add(f"{host}-blue-1", "v-blue")
            edge.add(f"{host}-green-1", "v-green")
        edge.shift("a-blue-1", "b-blue-1")
        yield edge


def steady_load(edge: Rig) -> Load:
    """Load that every server in rotation has had a share of."""
    load = edge.load()
    until(lambda: all(one.counters.requests >= FIRST_REQUESTS for one in serving(edge)))
    return load


@contextlib.contextmanager
def unless_starved(report: Report) -> Iterator[None]:
    """StarvedError instead of a failure of the block where the load came too late."""
    try:
        yield
    except AssertionError as failed:
        if report.is_overloaded:
            raise StarvedError(report.sentence()) from failed
        raise


def nothing_lost(report: Report) -> None:
    with unless_starved(report):
        assert report.lost == [], report.lost
        assert report.cut_streams == [], report.cut_streams
        assert report.idle_closes == 0, "a client that thinks lost its connection"
        assert report.ok == report.sent > 0


def files(edge: Rig) -> dict[str, str]:
    return {
        path.name: path.read_text()
        for path in [*edge.folder.glob("rollway.d/*.cfg"), edge.folder / "rollway.map"]
    }


def ready(edge: Rig) -> set[str]:
    return {name for name, one in edge.running().items() if one.is_ready}


def serving(edge: Rig) -> list[Running]:
    return [one for one in edge.running().values() if one.is_serving]


def is_cut(edge: Rig, name: str) -> bool:
    """Whether a server is down and nothing waits for it any more."""
    one = edge.running()[name]
    return one.is_down and one.counters.current == 0


def line(edge: Rig, name: str) -> str:
    lines = edge.fragment.read_text().splitlines()
    return next(line for line in lines if f"server {name} " in line)


def until(condition: Callable[[], bool], seconds: float = NEVER_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def established(port: int) -> int:
    """Connections to a port of this machine that are open (state 01 in /proc/net/tcp)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def watch(edge: Rig, name: str, seen: set[str]) -> threading.Event:
    """Gather the states of a server until told to stop."""
    told = threading.Event()

    def look() -> None:
        while not told.is_set():
            one = edge.running().get(name)
            if one:
                seen.add(f"{one.admin} {one.operation}")
            time.sleep(0.005)

    threading.Thread(target=look, daemon=True).start()
    return told


@contextlib.contextmanager
def frozen(edge: Rig, *names: str) -> Iterator[None]:
    """These servers answer nothing for the length of the block; their kernel goes on."""
    for name in names:
        edge.models[name].awake.clear()
    try:
        yield
    finally:
        for name in names:
            edge.models[name].awake.set()


@contextlib.contextmanager
def deaf_master(edge: Rig) -> Iterator[str]:
    """A socket before the master's that swallows every `state maint`."""
    path = str(edge.folder / "deaf.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(32)
        threading.Thread(target=_pass_on, args=(server, edge.master.path), daemon=True).start()
        yield path


def _pass_on(server: socket.socket, to: str) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = server.accept()
            with client, socket.socket(socket.AF_UNIX) as master:
                master.connect(to)
                words = client.recv(65536).decode().strip().split(";")
                kept = [word for word in words if not word.endswith("state maint")]
                master.sendall((";".join(kept) + "\n").encode())
                while data := master.recv(65536):
                    client.sendall(data)
