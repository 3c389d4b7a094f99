"""Bring a lab up: engine, images, hosts, provisioning; at once when all of it stands already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from rollway.errors import RollwayError
from rollway.lab import down, engine, images, limits, recipe, reservation, role_inputs, run, status
from rollway.lab.engine import Progress
from rollway.lab.paths import LabPaths, exclusive, lab_paths
from rollway.lab.plan import Kind, Lab, Wish

IMAGE_ENV = "lab-image"
"""The lab of one host from which the ready image is made."""


def ensure(
    env: str,
    *,
    hosts: int | None = None,
    edges: int | None = None,
    kind: Kind | None = None,
    verbose: bool = False,
    progress: Progress,
) -> bool:
    """Bring the lab up and provision it; whether anything had to be done.

    `hosts` is the number of app hosts: as before, or 3, unless given; `edges` that of edges: as
    before, or 1. Raises RollwayError.
    """
    paths = lab_paths(env)
    before = reservation.read(paths)
    wish = _wish(env, hosts, edges, kind, before)
    if before and _is_as_wished(before, wish) and is_standing(paths):
        return False
    with exclusive(paths.labs / f".{env}.lock"):
        _bring_up(wish, paths, progress, verbose=verbose)
    return True


def _wish(
    env: str, hosts: int | None, edges: int | None, kind: Kind | None, before: Lab | None
) -> Wish:
    """What is wished, where nothing is said as before."""
    if before and kind not in (None, before.kind):
        raise RollwayError(
            "--image",
            f"lab {env} was made from the image {before.kind}",
            next=f"./invoke lab.down --env={env}, then the same command",
        )
    as_before = Wish(env)
    if before:
        as_before = Wish(env, before.kind, before.app_count, before.edge_count)
    return replace(
        as_before,
        app_count=as_before.app_count if hosts is None else hosts,
        edge_count=as_before.edge_count if edges is None else edges,
        kind=kind or as_before.kind,
    )


def _is_as_wished(lab: Lab, wish: Wish) -> bool:
    return (lab.app_count, lab.edge_count) == (wish.app_count, wish.edge_count)


def is_standing(paths: LabPaths) -> bool:
    """Whether every host runs and was provisioned by the files of today."""
    return status.is_provisioned(paths) and status.read(paths).is_ready


def prepare(wish: Wish, paths: LabPaths, progress: Progress) -> dict[str, Any]:
    """Engine, images and the reserved plan, as the inputs of the role `lab_host`."""
    client = engine.ensure(progress)
    limits.refuse_crowded(_new_hosts(wish, client))
    images.ensure_bare(client, paths.root, progress)
    if wish.kind == "ready":
        _ensure_ready(client, paths.root, progress)
    if reservation.read(paths) is None:
        # remains of a lab whose plan and keys are gone: nobody can reach them
        reservation.refuse_foreign(client, paths)
        down.remove(client, paths)
    lab = reservation.reserve(wish, client, paths)
    return role_inputs.of(lab, client, paths)


def _new_hosts(wish: Wish, client: Any) -> int:
    running = [one for one in reservation.containers(client, wish.env) if one["State"] == "running"]
    return max(0, wish.host_count - len(running))


def _bring_up(wish: Wish, paths: LabPaths, progress: Progress, *, verbose: bool) -> None:
    # first, so that nobody takes the lab for standing when this ends half-way
    paths.provisioned.unlink(missing_ok=True)
    prepare(wish, paths, progress)
    progress(f"lab {wish.env}: {wish.shape}")
    run.create(wish, paths, verbose=verbose)
    progress(f"lab {wish.env}: provisioning")
    run.provision(paths, verbose=verbose)
    paths.provisioned.write_text(recipe.fingerprint(paths.root))


def _ensure_ready(client: Any, root: Path, progress: Progress) -> None:
    tag = recipe.tags(root).ready
    if images.exists(client, tag):
        return
    paths = lab_paths(IMAGE_ENV, root=root)
    with exclusive(paths.labs / f".{IMAGE_ENV}.lock"):
        progress("ready image: provisioning one host by playbooks/provision.yml (about a minute)")
        run.create(Wish(IMAGE_ENV, "bare", 1, 0, is_image=True), paths)
        run.provision(paths, tags="packages")
        images.commit_ready(client, role_inputs.container_name(IMAGE_ENV, "host-1"), tag)
        down.remove(client, paths)
