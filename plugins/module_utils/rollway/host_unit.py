"""The command `rollway-host`: systemd runs `reap` and `boot`, a controller runs `step`."""

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
    if asked.what == "step":
        return _step(asked.package, tools)
    try:
        for line in _lines(asked, tools):
            sys.stdout.write(f"{line}\n")
    except Problem as problem:
        sys.stderr.write(f"rollway-host: {problem}\n")
        return 1
    return 0


def _step(package: str, tools: HostTools) -> int:
    from .host_step import OTHER_PACKAGE, is_this_package, take

    if not is_this_package(package):
        sys.stderr.write("rollway-host: another package is installed; next: ./invoke provision\n")
        return OTHER_PACKAGE
    sys.stdout.write(f"{take(sys.stdin.read(), tools)}\n")
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
    step = verbs.add_parser("step", help="one module call: JSON on stdin, its result on stdout")
    step.add_argument("--package", required=True, help="digest of the package that is meant")
    ending = verbs.add_parser("reap", help="stop a warm or draining slot when its time has come")
    ending.add_argument("--app", required=True)
    ending.add_argument("--slot", required=True, choices=SLOTS)
    return parser
