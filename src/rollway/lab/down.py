"""Take a lab away: everything that carries its label, its keys and its inventory."""

from __future__ import annotations

import shutil
from http import HTTPStatus
from typing import Any

from rollway.lab import engine, recipe, reservation
from rollway.lab.engine import Progress
from rollway.lab.paths import LabPaths, exclusive


def down(paths: LabPaths, progress: Progress, *, with_images: bool = False) -> bool:
    """Remove the lab; images and the engine stay unless `with_images`. Whether there was one."""
    client = engine.answering()
    with exclusive(paths.labs / f".{paths.env}.lock"):
        found = paths.folder.exists() or paths.inventory.exists()
        if client is not None:
            reservation.refuse_foreign(client, paths)
            found = remove(client, paths) or found
        else:
            progress("engine: none answers; only keys and inventory are removed")
        forget(paths)
    if with_images and client is not None:
        found = _remove_images(client, progress) or found
    return found


def remove(client: Any, paths: LabPaths) -> bool:
    """Remove containers, volumes and networks by label, then keys and inventory."""
    chosen = {"label": f"{reservation.LAB_LABEL}={paths.env}"}
    hosts = client.containers.list(all=True, filters=chosen, ignore_removed=True)
    for host in hosts:
        host.remove(force=True, v=True)
    volumes = client.volumes.list(filters=chosen)
    for volume in volumes:
        volume.remove(force=True)
    networks = client.networks.list(filters=chosen)
    for network in networks:
        network.remove()
    forget(paths)
    return bool(hosts or volumes or networks)


GENERATED = "Written by lab.up"


def forget(paths: LabPaths) -> None:
    """Remove the lab's keys, plan and inventory."""
    shutil.rmtree(paths.folder, ignore_errors=True)
    if _is_generated(paths):
        shutil.rmtree(paths.inventory.parent, ignore_errors=True)


def _is_generated(paths: LabPaths) -> bool:
    """Whether lab.up wrote the inventory: what a person wrote under a lab's name is theirs."""
    try:
        return GENERATED in paths.inventory.read_text(encoding="utf-8")
    except OSError:
        return False


def _remove_images(client: Any, progress: Progress) -> bool:
    import docker

    tags = [tag for image in client.images.list() for tag in image.tags]
    # ready before bare before base: a parent cannot go while a child is there
    ours = sorted((tag for tag in tags if tag.startswith(f"{recipe.REPOSITORY}/")), reverse=True)
    for tag in ours:
        try:
            client.images.remove(tag)
        except docker.errors.APIError as trouble:
            if trouble.status_code != HTTPStatus.CONFLICT:
                raise
            progress(f"{tag}: kept, another lab uses it")
    return bool(ours)
