"""The command `rollway-host`, which systemd runs on a host: `reap` and `boot`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .call import HostTools
from .clock import HostClock
from .command import run
from .engine import LocalEngine
from .names import SLOTS, app_name
from .problem import Problem

ROOT = Path("/var/lib/rollway")


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say; return 1 and one line on stderr when it cannot be done."""
    asked = _parser().parse_args(arguments)
    tools = HostTools(engine=LocalEngine(), run=run, clock=HostClock())
    try:
        for line in _lines(asked, tools):
            sys.stdout.write(f"{line}\n")
    except Problem as problem:
        sys.stderr.write(f"rollway-host: {problem}\n")
        return 1
    return 0


def _lines(asked: argparse.Namespace, tools: HostTools) -> list[str]:
    if asked.what == "boot":
        from .boot import boot

        return list(boot(asked.root, tools))
    from .host_call import host_call
    from .reap import reap

    return [reap(host_call(asked.root, app_name(asked.app), tools), asked.slot)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="rollway-host", description="Rollway's part on a host.")
    parser.add_argument("--root", type=Path, default=ROOT, help="folder of the records")
    verbs = parser.add_subparsers(dest="what", required=True)
    verbs.add_parser("boot", help="bring back the recorded slots after a boot")
    ending = verbs.add_parser("reap", help="stop a warm or draining slot when its time has come")
    ending.add_argument("--app", required=True)
    ending.add_argument("--slot", required=True, choices=SLOTS)
    return parser
