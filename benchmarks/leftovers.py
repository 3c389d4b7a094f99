"""Takes away what a benchmark made, however it ended; what does not go is said and left."""

from __future__ import annotations

import shlex
import subprocess
from typing import Any

from benchmarks.fleet import Fleet
from benchmarks.process import say
from rollway.build.target import Target
from rollway.errors import RollwayError
from rollway.lab import engine

REPOSITORY = "bench-web"
"""The image's name in benchmarks/app/web/compose.yml."""


def remove(fleet: Fleet, *, is_lab_left: bool) -> None:
    """Remove the images of all versions from this machine, and from hosts that stay."""
    client = engine.answering()
    if client is not None:
        _remove_images(client, fleet.target)
    if is_lab_left:
        _clean_hosts(fleet)


def _remove_images(client: Any, target: Target) -> None:
    """Only those pushed to this lab's registry: other labs may be measured at the same time."""
    import docker

    ours = f"{target.controller}/{REPOSITORY}:"
    for tag in [tag for image in client.images.list() for tag in image.tags]:
        if tag.startswith(ours):
            try:
                client.images.remove(tag)
            except docker.errors.APIError as error:
                say(f"{tag}: left on this machine: {error.explanation}")


def _clean_hosts(fleet: Fleet) -> None:
    """Stop what scripts and playbook released; what Rollway recorded stays with its records."""
    try:
        fleet.on_all(clean_command(fleet.target))
    except (RollwayError, subprocess.TimeoutExpired) as error:
        say(f"left on the lab's hosts: {error}")


def clean_command(target: Target) -> str:
    """A shell's text: images that Rollway pulled by digest have no tag, and are not listed."""
    reference = shlex.quote(f"reference={target.registry}/{REPOSITORY}")
    return (
        "docker compose --project-directory /srv/bench down --timeout 2 && docker image ls "
        f"--filter {reference} --format '{{{{.Repository}}}}:{{{{.Tag}}}}' | "
        "grep --invert-match '<none>' | xargs --no-run-if-empty docker image rm"
    )
