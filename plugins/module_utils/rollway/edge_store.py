"""What an edge remembers: where its files are, one record per application, and the mutex."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .edge_config import render, topology
from .edge_model import Backend, Server, read_backend, read_servers, to_json
from .files import exclusive
from .problem import Problem
from .sealed import read_sealed, write_sealed

PATIENCE_SECONDS = 60.0
_RETRY_SECONDS = 0.02


@dataclass(frozen=True)
class Paths:
    """Where the edge's records and HAProxy's configuration lie.

    Names of ours in `root` have a dot, which no application's name has: beside them lie the
    folders of the applications' locks.
    """

    root: Path = Path("/var/lib/rollway-edge")
    config: Path = Path("/etc/haproxy")

    @property
    def mutex(self) -> Path:
        return self.root / "edge.mutex"

    @property
    def records(self) -> Path:
        return self.root / "apps.d"

    @property
    def last_good(self) -> Path:
        """Copies of the files that the running worker was started from."""
        return self.root / "last-good.d"

    @property
    def main(self) -> Path:
        return self.config / "haproxy.cfg"

    @property
    def map(self) -> Path:
        return self.config / "rollway.map"

    @property
    def maintenance(self) -> Path:
        """Applications that answer with a page of maintenance, and the seconds of Retry-After."""
        return self.config / "rollway-maintenance.map"

    @property
    def notices(self) -> Path:
        """Who switched each of those pages on, and why."""
        return self.root / "maintenance.d"

    def notice(self, app: str) -> Path:
        """The file with who switched an application's page on."""
        return self.notices / f"{app}.json"

    def watch(self, app: str) -> Path:
        """What a run has moved, and what it did so far: for as long as the run lasts."""
        return self.root / "watches.d" / f"{app}.json"

    @property
    def fragments(self) -> Path:
        return self.config / "rollway.d"

    def fragment(self, app: str) -> Path:
        """The file with an application's backend."""
        return self.fragments / f"{app}.cfg"

    def record(self, app: str) -> Path:
        """The file with what was last asked for."""
        return self.records / f"{app}.json"


@dataclass(frozen=True)
class Record:
    """An application as it was applied last.

    `loaded` is the digest of the topology that HAProxy was last reloaded with: a run killed
    between writing a file and the reload leaves another one. `shifts` says of each host and slot
    that left rotation which worker was current, and when (seconds since 1970).
    """

    backend: Backend
    servers: tuple[Server, ...]
    loaded: str
    run: str = ""
    shifts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def digest(backend: Backend, servers: tuple[Server, ...]) -> str:
    """A digest of all that takes a reload."""
    text = topology(render(backend, servers)) + "\n".join(backend.keys)
    return hashlib.sha256(text.encode()).hexdigest()


def load(paths: Paths, app: str) -> Record | None:
    """What was applied last; None for an application that is new here."""
    content = read_sealed(paths.record(app))
    if content is None:
        return None
    return Record(
        backend=read_backend(app, content["backend"]),
        servers=tuple(read_servers(content["servers"])),
        loaded=str(content["loaded"]),
        run=str(content["run"]),
        shifts=content["shifts"],
    )


def load_others(paths: Paths, but: str) -> dict[str, Record]:
    """The records of all applications but one, by name."""
    names = sorted(path.stem for path in paths.records.glob("*.json") if path.stem != but)
    return {name: record for name in names if (record := load(paths, name))}


def save(paths: Paths, record: Record) -> bool:
    """Write a record unless it is there already; whether it was written."""
    if load(paths, record.backend.app) == record:
        return False
    paths.records.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {
        "app": record.backend.app,
        "backend": to_json(record.backend),
        "servers": [to_json(server) for server in record.servers],
        "loaded": record.loaded,
        "run": record.run,
        "shifts": {place: dict(shift) for place, shift in record.shifts.items()},
    }
    write_sealed(paths.record(record.backend.app), content)
    return True


@contextlib.contextmanager
def held(paths: Paths, *, seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the edge's mutex: one change at a time, whatever the application."""
    paths.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    end = time.monotonic() + seconds
    with contextlib.ExitStack() as stack:
        while True:
            try:
                stack.enter_context(exclusive(paths.mutex, wait=False))
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    raise _busy(paths, seconds) from None
                time.sleep(_RETRY_SECONDS)
        yield


def _busy(paths: Paths, seconds: float) -> Problem:
    return Problem(
        str(paths.mutex),
        f"another change of this edge has not ended for {seconds:g} s",
        "one change at a time",
        f"see who holds it: fuser -v {paths.mutex}",
    )
