"""Containers of an application on a host, by what the host itself records and runs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rollway import exits
from rollway.errors import RollwayError
from rollway.remote.access import Access
from rollway.remote.session import run

SLOTS = ("blue", "green", "accessories")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}")
_FORMAT = '{{.Names}}\t{{.Label "io.rollway.service"}}\t{{.State}}'
_ROOT = "/var/lib/rollway"


@dataclass(frozen=True)
class Found:
    """A container: its name on the host, the service of the Compose file, whether it runs.

    `replica` is what a person calls it: `api-1` of `iris-green-api-1-1`.
    """

    name: str
    service: str
    replica: str
    is_running: bool


def state_command(app: str) -> list[str]:
    """Reads the host's record."""
    return ["cat", "--", f"{_ROOT}/{app}/state.json"]


def list_command(app: str, slot: str) -> list[str]:
    """Lists the containers of a slot, standing ones too."""
    label = f"label=com.docker.compose.project={app}-{slot}"
    return ["docker", "ps", "--all", "--no-trunc", "--filter", label, "--format", _FORMAT]


def find(connection: Any, access: Access, *, app: str, slot: str, service: str) -> list[Found]:
    """The containers of the serving slot, or of `slot`; of all services, or of `service`."""
    chosen = slot or serving_slot(run(connection, access.as_root(state_command(app))), access.name)
    text = run(connection, access.as_root(list_command(app, chosen)))
    seen = listed(text, project=f"{app}-{chosen}")
    wanted = [one for one in seen if not service or one.service == service]
    if wanted:
        return wanted
    there = ", ".join(sorted({one.service for one in seen})) or "none"
    raise RollwayError(
        f"{access.name}/{app}-{chosen}/{service or '*'}",
        "there is no such container",
        accepted=f"services of this slot: {there}",
        next="./invoke status shows what serves where; --slot names another slot",
        exit_code=exits.REFUSED,
    )


def serving_slot(text: str, host: str) -> str:
    """The slot that the record calls active."""
    try:
        active = json.loads(text)["active"]
    except (ValueError, KeyError, TypeError):
        active = ""
    if active in SLOTS:
        return str(active)
    found = "nothing serves" if active is None else "its state file cannot be read"
    next_command = "pass --slot=blue or --slot=green"
    raise RollwayError(
        host, found, accepted="a slot that serves", next=next_command, exit_code=exits.REFUSED
    )


def listed(text: str, *, project: str) -> list[Found]:
    """Containers in what `docker ps` printed, by name; a name that is none of Docker's is left."""
    rows = [line.split("\t") for line in text.splitlines() if line.count("\t") == 2]  # noqa: PLR2004
    found = [
        Found(name, service, _replica(name, project), state == "running")
        for name, service, state in rows
        if _NAME.fullmatch(name)
    ]
    return sorted(found, key=lambda one: one.name)


def _replica(name: str, project: str) -> str:
    return name.removeprefix(f"{project}-").rpartition("-")[0] or name


def running(found: Sequence[Found], host: str) -> Found:
    """The first that runs; a command cannot be run in one that does not."""
    for one in found:
        if one.is_running:
            return one
    names = ", ".join(one.name for one in found)
    following = "./invoke logs shows what it said last"
    raise RollwayError(
        host, f"{names}: not running", "a running container", following, exit_code=exits.REFUSED
    )
