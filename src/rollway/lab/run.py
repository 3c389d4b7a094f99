"""The two playbooks of a lab, run as a person would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rollway import exits
from rollway.errors import RollwayError
from rollway.lab.paths import LabPaths
from rollway.lab.plan import Wish
from rollway.remote.playbook import Play, run_playbook

_QUIET = {"ANSIBLE_STDOUT_CALLBACK": "rollway"}


def create(wish: Wish, paths: LabPaths, *, verbose: bool = False) -> None:
    """Create the hosts and write the inventory: playbooks/lab.yml."""
    inputs = {
        "lab_env": wish.env,
        "lab_hosts": wish.app_count,
        "lab_edges": wish.edge_count,
        "lab_image": wish.kind,
        "lab_is_image": wish.is_image,
    }
    # no inventory yet: a list with this machine alone
    _run("playbooks/lab.yml", Path("localhost,"), inputs, paths.env, verbose=verbose)


def provision(paths: LabPaths, *, tags: str | None = None, verbose: bool = False) -> None:
    """Provision the hosts as any others: playbooks/provision.yml."""
    _run("playbooks/provision.yml", paths.inventory, {}, paths.env, tags=tags, verbose=verbose)


def _run(
    playbook: str,
    inventory: Path,
    inputs: Mapping[str, Any],
    env: str,
    *,
    tags: str | None = None,
    verbose: bool,
) -> None:
    play = Play(playbook, inventory, inputs, tags=tags, environment={} if verbose else _QUIET)
    ended = run_playbook(play)
    again = f"./invoke lab.up --env={env} --verbose"
    if ended.signal:
        code = exits.after_signal(ended.signal.name)
        raise RollwayError(playbook, "interrupted", next=again, exit_code=code)
    if ended.code:
        raise RollwayError(
            playbook, f"failed with {ended.code}", next=again, exit_code=exits.FAILED
        )
