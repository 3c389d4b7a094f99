"""`python -m rollway.lab plan|down`: what playbooks call; people use `./invoke lab.up`.

`plan` prints one JSON object on stdout: the inputs of the role `lab_host`. Engine and images are
made when they are missing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rollway.errors import RollwayError
from rollway.lab import down, up
from rollway.lab.paths import PROJECT, lab_paths
from rollway.lab.plan import Wish


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except RollwayError as trouble:
        print(trouble, file=sys.stderr)
        return trouble.exit_code
    return 0


def _run(options: argparse.Namespace) -> None:
    paths = lab_paths(options.env, root=options.root.resolve())
    if options.command == "down":
        down.down(paths, _say)
        return
    wish = Wish(options.env, options.image, options.hosts, options.edges, is_image=options.is_image)
    print(json.dumps(up.prepare(wish, paths, _say)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rollway.lab")
    parser.add_argument("command", choices=["plan", "down"])
    parser.add_argument("--env", required=True)
    parser.add_argument("--root", type=Path, default=PROJECT)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--edges", type=int, default=1)
    parser.add_argument("--image", choices=["bare", "ready"], default="ready")
    parser.add_argument("--is-image", action="store_true")
    return parser


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
