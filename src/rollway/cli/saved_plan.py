"""A plan that `plan --out` saved, in the words of `deploy`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rollway import names
from rollway.errors import RollwayError
from rollway.rollout.saved_plan import load_sealed


def as_planned(path: Path, asked: Mapping[str, str]) -> dict[str, str]:
    """The options of the deploy that was planned; what was typed beside it must agree."""
    sealed = load_sealed(path)
    planned = {name: str(sealed[name]) for name in ("env", "app", "version")}
    hosts = (
        [names.host_name(host, where="--plan") for host in sealed["hosts"]]
        if sealed["outside"]
        else []
    )
    planned["limit"] = ",".join(hosts)
    for name, value in asked.items():
        if value and value != planned[name]:
            raise RollwayError(
                f"--{name}",
                f"{value!r} beside a plan for {planned[name] or 'all hosts'!r}",
                accepted=f"--plan alone, or --{name}={planned[name]}",
                next=f"./invoke deploy --plan={path}",
            )
    return planned
