"""A lab's plan on disk, and its network in the engine, which reserves addresses and ports.

The engine refuses a network that overlaps another: so labs of several checkouts, which know
nothing of each other, never get the same one, nor the ports that belong to it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import plan, surroundings
from rollway.lab.paths import LabPaths, exclusive

LAB_LABEL = "io.rollway.lab"
PROJECT_LABEL = "io.rollway.project"
_ATTEMPTS = 5


def read(paths: LabPaths) -> plan.Lab | None:
    """The lab as planned last; None when there is none."""
    if not paths.plan.exists():
        return None
    try:
        return plan.from_json(json.loads(paths.plan.read_text()))
    except (ValueError, KeyError, TypeError) as trouble:
        raise RollwayError(
            str(paths.plan),
            f"cannot be read: {trouble!r}",
            next=f"./invoke lab.down --env={paths.env}",
        ) from trouble


def reserve(wish: plan.Wish, client: Any, paths: LabPaths) -> plan.Lab:
    """The lab as wished, written down before any of it exists."""
    with exclusive(paths.labs / ".lock"):
        refuse_foreign(client, paths)
        before = read(paths)
        lab = _with_network(wish, client, paths, before)
        if lab != before:
            _write(lab, paths)
    return lab


def network_name(env: str) -> str:
    """The name of the lab's network."""
    return f"rollway-{env}"


def labels(paths: LabPaths) -> dict[str, str]:
    """What everything of the lab carries: whose it is, and of which checkout."""
    return {LAB_LABEL: paths.env, PROJECT_LABEL: str(paths.root)}


def containers(client: Any, env: str) -> list[dict[str, Any]]:
    """The lab's containers as the engine lists them, stopped ones too."""
    listed: list[dict[str, Any]] = client.api.containers(
        all=True, filters={"label": f"{LAB_LABEL}={env}"}
    )
    return listed


def refuse_foreign(client: Any, paths: LabPaths) -> None:
    """Refuse when a lab of this name belongs to another checkout on the same machine.

    What a checkout that is gone has left is nobody's: it has no other way to be taken down.
    """
    ours = [*containers(client, paths.env), *_networks(client, paths.env)]
    owners = {entry["Labels"].get(PROJECT_LABEL, "") for entry in ours}
    foreign = sorted(owner for owner in owners - {str(paths.root)} if Path(owner).is_dir())
    if foreign:
        raise RollwayError(
            f"lab {paths.env}",
            f"belongs to the checkout {foreign[0]}",
            accepted="one lab of a name on a machine",
            next=f"(cd {foreign[0]} && ./invoke lab.down --env={paths.env}), or --env=lab-<name>",
            exit_code=exits.REFUSED,
        )


def _networks(client: Any, env: str) -> list[dict[str, Any]]:
    chosen = {"label": f"{LAB_LABEL}={env}"}
    listed: list[dict[str, Any]] = client.api.networks(filters=chosen)
    return listed


def _with_network(
    wish: plan.Wish, client: Any, paths: LabPaths, before: plan.Lab | None
) -> plan.Lab:
    """The lab as wished, once the engine has granted its network."""
    for _attempt in range(_ATTEMPTS):
        lab = plan.make(wish, surroundings.look(client, paths), before=before)
        if _networks(client, wish.env) or _is_granted(lab, client, paths):
            return lab
    raise RollwayError(
        f"lab {wish.env}",
        f"the engine refuses its network {lab.subnet}: another one has these addresses by now",
        next=f"./invoke lab.down --env={wish.env}, then the same command",
        exit_code=exits.REFUSED,
    )


def _is_granted(lab: plan.Lab, client: Any, paths: LabPaths) -> bool:
    """Whether the engine made the network; it refuses where somebody was faster."""
    import docker

    pool = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet=lab.subnet)])
    try:
        client.networks.create(
            network_name(lab.env), driver="bridge", ipam=pool, labels=labels(paths)
        )
    except docker.errors.APIError as trouble:
        if "overlaps" in str(trouble):
            return False
        raise
    return True


def _write(lab: plan.Lab, paths: LabPaths) -> None:
    paths.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = paths.plan.with_suffix(".new")
    temporary.write_text(json.dumps(plan.to_json(lab), indent=2) + "\n")
    temporary.replace(paths.plan)
