"""A lab's plan on disk, made under a lock: two labs never choose the same network or port."""

from __future__ import annotations

import json
from typing import Any

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab import plan, surroundings
from rollway.lab.paths import LabPaths, exclusive

LAB_LABEL = "io.rollway.lab"
PROJECT_LABEL = "io.rollway.project"


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
        lab = plan.make(wish, surroundings.look(client, paths), before=before)
        if lab != before:
            _write(lab, paths)
    return lab


def containers(client: Any, env: str) -> list[dict[str, Any]]:
    """The lab's containers as the engine lists them, stopped ones too."""
    listed: list[dict[str, Any]] = client.api.containers(
        all=True, filters={"label": f"{LAB_LABEL}={env}"}
    )
    return listed


def refuse_foreign(client: Any, paths: LabPaths) -> None:
    """Refuse when a lab of this name belongs to another checkout on the same machine."""
    owners = {entry["Labels"].get(PROJECT_LABEL, "") for entry in containers(client, paths.env)}
    foreign = sorted(owners - {str(paths.root)})
    if foreign:
        raise RollwayError(
            f"lab {paths.env}",
            f"belongs to the checkout {foreign[0]}",
            accepted="one lab of a name on a machine",
            next=f"(cd {foreign[0]} && ./invoke lab.down --env={paths.env}), or --env=lab-<name>",
            exit_code=exits.REFUSED,
        )


def _write(lab: plan.Lab, paths: LabPaths) -> None:
    paths.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = paths.plan.with_suffix(".new")
    temporary.write_text(json.dumps(plan.to_json(lab), indent=2) + "\n")
    temporary.replace(paths.plan)
