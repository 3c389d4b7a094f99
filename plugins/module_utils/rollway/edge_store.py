"""What an edge remembers: one file per application, the routes of all, and the mutex."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .edge_config import Backend, Server, read_backend, read_servers
from .files import read_json, write_atomic
from .problem import Problem

SCHEMA = 1


@dataclass(frozen=True)
class Paths:
    """Where the edge's data and HAProxy's configuration lie."""

    root: Path = Path("/var/lib/rollway-edge")
    config: Path = Path("/etc/haproxy")

    @property
    def mutex(self) -> Path:
        """One change at a time, whatever the application."""
        return self.root / "mutex"

    @property
    def map(self) -> Path:
        """The routes of all applications."""
        return self.config / "rollway.map"

    @property
    def fragments(self) -> Path:
        """A file per application."""
        return self.config / "rollway.d"

    def fragment(self, app: str) -> Path:
        """The backend of an application."""
        return self.fragments / f"{app}.cfg"

    def record(self, app: str) -> Path:
        """What was asked for last, and when traffic moved."""
        return self.root / "apps" / f"{app}.json"


@dataclass(frozen=True)
class Stored:
    """An application as it was applied last."""

    backend: Backend
    servers: list[Server]


def load(paths: Paths, app: str) -> Stored | None:
    """What was applied last; None for an application that is new here."""
    path = paths.record(app)
    content = read_json(path)
    if content is None:
        return None
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise Problem(str(path), "another schema", f"schema {SCHEMA}", "the newer Rollway")
    return Stored(read_backend(app, content["backend"]), read_servers(content["servers"]))


def save(
    paths: Paths, backend: Backend, servers: list[Server], *, shift: Mapping[str, Any]
) -> None:
    """Remember what was applied, and with which worker the traffic moved."""
    path = paths.record(backend.app)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {
        "schema": SCHEMA,
        "backend": asdict(backend),
        "servers": [asdict(server) for server in servers],
        "shift": dict(shift),
    }
    write_atomic(path, json.dumps(content, indent=1, sort_keys=True) + "\n", mode=0o600)


def routes(paths: Paths, *, but: str | None = None) -> dict[str, list[str]]:
    """The routes of every application, by name; `but` is left out."""
    folder = paths.root / "apps"
    apps = sorted(path.stem for path in folder.glob("*.json") if path.stem != but)
    return {app: stored.backend.keys for app in apps if (stored := load(paths, app))}
