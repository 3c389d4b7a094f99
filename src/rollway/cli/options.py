"""Checks what was typed against what there is: environments, applications, versions."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from rollway import names
from rollway.errors import RollwayError
from rollway.remote import pattern
from rollway.report.output import OUTPUTS, PLAIN, output_for
from rollway.rollout.inputs import gone_hosts, replica_count, wait_seconds
from rollway.rollout.maintenance import OFF, ON

ROOT = Path(__file__).resolve().parents[3]
INVENTORIES = ROOT / "inventories"
APPS = ROOT / "apps"
RUNS = ROOT / ".rollway" / "runs"
LOCAL = "local"
_PATTERN = re.compile(r"[A-Za-z0-9_*?!\[][A-Za-z0-9_.:,&!*?\[\]-]*")


def environment(value: str | None) -> str:
    """The name of an environment that has an inventory."""
    known = sorted(path.name for path in INVENTORIES.glob("*") if path.is_dir())
    if not value:
        raise RollwayError("--env", "no environment was named", accepted=", ".join(known))
    name = names.env_name(value)
    if name not in known:
        next_command = (
            "./invoke lab.up --env=local"
            if name == LOCAL
            else f"write inventories/{name}/hosts.yml"
        )
        raise RollwayError(
            f"inventories/{name}",
            "there is no such environment",
            accepted=", ".join(known),
            next=next_command,
        )
    return name


def application(value: str | None) -> str:
    """The name of an application; the only one may be left out."""
    known = sorted(path.parent.name for path in APPS.glob("*/compose.yml"))
    if not value and len(known) == 1:
        return known[0]
    name = names.app_name(value) if value else ""
    if name not in known:
        raise RollwayError(
            f"apps/{name}" if name else "--app",
            "there is no such application" if name else "no application was named",
            accepted=", ".join(known) or "a folder under apps/ with a compose.yml",
            next=f"write apps/{name}/compose.yml" if name else "pass --app=NAME",
        )
    return name


def removable(value: str) -> str:
    """The name of an application to remove; it has to be typed, and its folder may be gone."""
    if not value:
        raise RollwayError(
            "--app",
            "no application was named",
            accepted="the name of one, in full",
            next="./invoke remove --env=NAME --app=NAME",
        )
    return names.app_name(value)


def limit(value: str | None) -> str:
    """A pattern of hosts as Ansible reads it, without what would read a file; or nothing."""
    if value and not _PATTERN.fullmatch(value):
        raise RollwayError(
            "--limit",
            f"{value!r} is not a pattern of hosts",
            accepted=pattern.ACCEPTED,
            next=pattern.EXAMPLE,
        )
    return ",".join(pattern.terms(value)) if value else ""


def output(value: str, *, verbose: bool = False) -> str:
    """How progress is shown; Ansible's own output leaves no room for a table or for events."""
    if value and value not in OUTPUTS:
        raise RollwayError(
            "--output", f"found {value!r}", accepted=", ".join(OUTPUTS), next="--output=plain"
        )
    if verbose and value not in {"", PLAIN}:
        raise RollwayError(
            "--output",
            f"{value} does not go with --verbose",
            accepted=PLAIN,
            next="leave one of the two out",
        )
    is_terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return PLAIN if verbose else output_for(value, is_terminal=is_terminal)


def answers(*, yes: bool, wait: str, gone_for_good: str = "") -> dict[str, str]:
    """The playbook's inputs for what a run would ask, or wait for."""
    return {"rollway_yes": str(yes).lower(), **wait_lock(wait), **gone(gone_for_good)}


def wait_lock(text: str) -> dict[str, str]:
    """The playbook's input for how long to wait; none where a run does not."""
    seconds = wait_seconds(text)
    return {"rollway_wait_lock": str(seconds)} if seconds else {}


def replicas(value: str) -> str:
    """How many replicas each app host is to run, as the playbook takes it."""
    return str(replica_count(value))


def gone(text: str) -> dict[str, str]:
    """The playbook's input for hosts that are down for good; none where none was named."""
    return {"rollway_gone": ",".join(gone_hosts(text))} if text else {}


def switch(value: str) -> str:
    """`on` or `off`."""
    if value not in (ON, OFF):
        raise RollwayError(
            "maintenance",
            f"found {value!r}",
            accepted=f"{ON} or {OFF}",
            next="./invoke maintenance on --env=NAME",
        )
    return value


def version(value: str | None, *, option: str = "version") -> str:
    """A version that may be a tag, or nothing."""
    return names.version_name(value, where=option) if value else ""
