"""`build`: make a version's images and push them to the environment's registry."""

from __future__ import annotations

import json as json_format
import sys
from typing import Any

from rollway.cli import options
from rollway.cli.verb import say, verb

HELP = {
    "env": "Environment whose registry gets the images: a folder of inventories/",
    "app": "Application: a folder of apps/; may be left out where there is one",
    "version": "Version, the images' tag; the application's commit (git describe) when left out",
    "build-arg": "NAME=value for an ARG of the Dockerfile; may be given several times; no secrets",
    "json": "Print the record as JSON on stdout",
}


@verb(help=HELP, iterable=["build_arg"])
def build(
    _context: Any,
    env: str = "",
    app: str = "",
    version: str = "",
    build_arg: list[str] | None = None,
    json: bool = False,
) -> None:
    """Build an application's images, label and push them, and record their digests."""
    from rollway.build import build_app

    name, wanted = options.application(app), options.version(version)
    built = build_app(
        options.environment(env),
        name,
        wanted,
        progress=say,
        build_args=build_arg or [],
        keep_existing=False,
    )
    for image in built.images:
        word = "pushed" if image.is_new else "was there already, from the same files"
        say(f"{name}: {built.version} {word} ({built.seconds:.1f} s)")
        if not json:
            sys.stdout.write(f"{image.image} {image.digest}\n")
    if json:
        sys.stdout.write(json_format.dumps(built.as_json(), ensure_ascii=False) + "\n")
