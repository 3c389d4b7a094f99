"""What a run was asked to do: `request.json` in the run's folder, written by the step `read`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rollway import names
from rollway.errors import RollwayError


@dataclass(frozen=True)
class Request:
    """One request.

    `run` names it to the hosts (id, verb, owner, controller, started, reason); `manifest` is the
    whole release to deploy; `to` is what to roll back to; `alive` are the controller's runs, for
    hosts that hold the lock of a dead one. `outside` are the app hosts that a limit leaves out:
    they keep what they have, and their servers at the edges stay. `planned` is what a saved plan
    has sealed, and `target` the run whose lock is to be released.
    `wait_seconds` is how long the run waits for another's lock; `is_confirmed` that a person said
    yes. `keep` is how many releases a prune leaves. `service` is the only one to restart, or the
    one that a scale gives so many `replicas`, and `volumes` whether a remove takes them. `switch`
    is on or off for a page of maintenance, and `retry_seconds` what its clients are told.
    `gone` are hosts of which a person says that they are down for good. `adopt` is the plain
    project whose place the release takes, `project`, and whether its web containers stay, `keep`.
    """

    verb: str
    app: str
    env: str
    run: dict[str, Any]
    app_hosts: list[str]
    edges: list[str]
    addresses: dict[str, str]
    manifest: dict[str, Any] | None = None
    to: str | None = None
    url: str | None = None
    alive: dict[str, Any] = field(default_factory=dict)
    reads_only: bool = False
    outside: list[str] = field(default_factory=list)
    planned: dict[str, Any] | None = None
    target: str = ""
    wait_seconds: int = 0
    keep: int = 0
    service: str = ""
    replicas: int = 0
    volumes: bool = False
    switch: str = ""
    retry_seconds: int = 0
    is_confirmed: bool = False
    gone: list[str] = field(default_factory=list)
    adopt: dict[str, Any] = field(default_factory=dict)

    def save(self, run_dir: Path) -> None:
        """Whole or not at all: a signal may come at any time."""
        path = run_dir / "request.json"
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")
        partial.replace(path)


def known_run(runs_dir: Path, run_id: str) -> Path:
    """The folder of a run that has read its request."""
    run_dir = runs_dir / names.run_id(run_id, where="rollway_run_id")
    if (run_dir / "request.json").exists():
        return run_dir
    raise RollwayError(
        f"rollway_run_id={run_id}",
        f"{run_dir} has no request",
        accepted="a run of this controller",
        next=f"ls {runs_dir}",
    )


def load_request(run_dir: Path) -> Request:
    """The request of a run; FileNotFoundError when `read` never ran."""
    return Request(**json.loads((run_dir / "request.json").read_text(encoding="utf-8")))
