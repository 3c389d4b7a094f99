"""What `logs`, `exec` and `shell` have in common: which hosts, which slot, which words."""

from __future__ import annotations

import re
import sys

from rollway import names
from rollway.cli import options
from rollway.cli.deploy import HELP
from rollway.config.sizes import is_count
from rollway.errors import RollwayError
from rollway.remote.access import Access, load_access
from rollway.remote.inventory import matching_hosts

SLOTS = ("blue", "green", "accessories")
SESSION_HELP = {
    **{name: HELP[name] for name in ("env", "app")},
    "limit": "Only these app hosts, as an Ansible pattern",
    "service": "Service of the Compose file",
    "slot": "blue, green or accessories; the slot that serves when left out",
}
_SINCE = re.compile(r"[0-9][0-9A-Za-z:.+-]{0,39}")


def hosts(env: str, limit: str, *, group: str = "app") -> list[Access]:
    """How to reach the hosts of the group that a pattern leaves; the inventory's order."""
    inventory = options.INVENTORIES / options.environment(env)
    pattern = options.limit(limit)
    found = load_access(inventory, group)
    if not pattern:
        return found
    chosen = matching_hosts(inventory, pattern)
    kept = [access for access in found if access.name in chosen]
    if kept:
        return kept
    raise RollwayError(
        "--limit",
        f"{pattern!r} matches no host of the group {group}",
        accepted=", ".join(access.name for access in found),
        next=f"--limit={found[0].name}",
    )


def slot(value: str) -> str:
    """A slot, or nothing for the one that serves."""
    if value and value not in SLOTS:
        raise RollwayError(
            "--slot", f"found {value!r}", accepted=", ".join(SLOTS), next="--slot=blue"
        )
    return value


def service(value: str, *, needed: bool = False) -> str:
    """A service's name, or nothing."""
    if not value and needed:
        raise RollwayError(
            "--service", "no service was named", accepted="one of apps/APP/compose.yml"
        )
    return names.service_name(value) if value else ""


def since(value: str) -> str:
    """A time as Docker reads it."""
    if value and not _SINCE.fullmatch(value):
        accepted = "a duration (90s, 10m, 2h) or a time (2026-01-31T12:00:00Z)"
        raise RollwayError("--since", f"found {value!r}", accepted=accepted, next="--since=10m")
    return value


def tail(value: str) -> str:
    """How many lines, or all of them."""
    if value != "all" and not is_count(value):
        raise RollwayError(
            "--tail", f"found {value!r}", accepted="a number, or all", next="--tail=100"
        )
    return value


def command_words(words: list[str]) -> list[str]:
    """The command behind `--`; Invoke keeps it from a verb's context."""
    found = words[words.index("--") + 1 :] if "--" in words else []
    if not found:
        raise RollwayError(
            "exec",
            "no command was given",
            accepted="a command behind --",
            next="./invoke exec --env=NAME --service=api -- ls -l",
        )
    return found


def has_terminal() -> bool:
    """Whether a person types and reads here."""
    return sys.stdin.isatty() and sys.stdout.isatty()
