"""The step `read`: what was asked for, checked on the controller before any host is touched."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any

from rollway import names
from rollway.errors import RollwayError
from rollway.records import identity
from rollway.rollout.candidate import candidate
from rollway.rollout.inputs import (
    Inputs,
    check_confirmed,
    check_reason,
    check_removal,
    check_scale,
    check_switch,
    gone_hosts,
    kept_count,
    replica_count,
    wait_seconds,
)
from rollway.rollout.plan import ADOPT, RELEASING, REMOVE, SCALE
from rollway.rollout.request import Request
from rollway.rollout.saved_plan import load_sealed
from rollway.rollout.upkeep import PRUNE


def read(inputs: Inputs) -> Path:
    """Check the request, build the release's manifest, and open the run's folder."""
    app_hosts = _checked(inputs)
    run_id = inputs.run_id or identity.new_run_id(inputs.verb)
    request = _request(inputs, run_id, app_hosts)
    run_dir = open_run(inputs.runs_dir, run_id)
    request.save(run_dir)
    return run_dir


def _checked(inputs: Inputs) -> list[str]:
    """The app hosts of the run, once what was asked for makes sense for them."""
    names.env_name(inputs.env)
    _check_fleet(inputs)
    app_hosts = _selected(inputs)
    check_removal(inputs)
    check_confirmed(inputs, app_hosts)
    check_reason(inputs)
    check_switch(inputs)
    check_scale(inputs)
    return app_hosts


def _request(inputs: Inputs, run_id: str, app_hosts: list[str]) -> Request:
    app = _choose_app(inputs)
    adopt = _adopted(inputs, app) if inputs.verb == ADOPT else {}
    return Request(
        verb=inputs.verb,
        app=app,
        env=inputs.env,
        run=_run(inputs, run_id),
        app_hosts=app_hosts,
        outside=[host for host in inputs.app_hosts if host not in app_hosts],
        edges=inputs.edges,
        addresses=inputs.addresses,
        manifest=candidate(inputs, app) if inputs.verb in RELEASING else None,
        to=inputs.to or None,
        url=inputs.url or None,
        alive=identity.live_processes(),
        reads_only=inputs.reads_only,
        planned=load_sealed(Path(inputs.plan_path)) if inputs.plan_path else None,
        wait_seconds=wait_seconds(inputs.wait_lock or "0"),
        keep=kept_count(inputs.keep) if inputs.keep or inputs.verb == PRUNE else 0,
        is_confirmed=inputs.is_confirmed,
        target=names.run_id(inputs.target, where="--run") if inputs.target else "",
        service=names.service_name(inputs.service) if inputs.service else "",
        replicas=replica_count(inputs.replicas) if inputs.verb == SCALE else 0,
        volumes=inputs.volumes,
        switch=inputs.switch,
        retry_seconds=inputs.retry_seconds,
        gone=gone_hosts(inputs.gone),
        adopt=adopt,
    )


def _run(inputs: Inputs, run_id: str) -> dict[str, Any]:
    return identity.describe_run(
        run_id,
        verb=inputs.verb,
        process=inputs.process,
        reason=inputs.reason.strip(),
        env=names.env_name(inputs.known_as) if inputs.known_as else "",
    )


def _adopted(inputs: Inputs, app: str) -> dict[str, Any]:
    """The plain project to take the place of; it has the application's name unless it is told."""
    project = names.project_name(inputs.project or app)
    ours = [f"{app}-{name}" for name in ("blue", "green", "accessories", "jobs")]
    if project in ours:
        raise RollwayError(
            "--project",
            f"{project} is a project of Rollway's own",
            accepted="one that docker compose up made",
            next=f"./invoke adopt --env={inputs.env} --app={app} --version=X --project=NAME",
        )
    return {"project": project, "keep": inputs.keeps_web}


def open_run(runs_dir: Path, run_id: str) -> Path:
    """Make the run's folder, for its owner alone: evidence may hold what an app logged."""
    run_dir = runs_dir / names.run_id(run_id)
    try:
        run_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    except OSError as error:
        raise RollwayError(
            str(run_dir),
            f"cannot be made: {error.strerror}",
            accepted="a folder this user may write to",
            next="set rollway_runs_dir, or mend its permissions",
        ) from error
    if not os.access(run_dir, os.W_OK):
        raise RollwayError(str(run_dir), "no write access", next="mend its permissions")
    return run_dir


def _check_fleet(inputs: Inputs) -> None:
    for group, hosts in (("app", inputs.app_hosts), ("edge", inputs.edges)):
        if not hosts:
            raise RollwayError(
                f"inventories/{inputs.env}",
                f"the group {group} has no hosts",
                accepted="at least one host in each of the groups app and edge",
                next=f"add one to inventories/{inputs.env}/hosts.yml",
            )
    missing = [host for host in inputs.app_hosts if not _is_address(inputs.addresses.get(host))]
    if missing:
        raise RollwayError(
            f"inventories/{inputs.env}: {', '.join(missing)}",
            "rollway_address is not set, or is no address",
            accepted="the IP address at which the edge reaches the host",
            next=f"set it in inventories/{inputs.env}/hosts.yml",
        )


def _selected(inputs: Inputs) -> list[str]:
    """The app hosts of this run: at least one. Every edge takes part, whatever was chosen."""
    reached = inputs.ansible_limit
    lost = [] if reached is None else [edge for edge in inputs.edges if edge not in reached]
    limits = [limit for limit in (inputs.limit, reached) if limit is not None]
    selected = [host for host in inputs.app_hosts if all(host in limit for limit in limits)]
    if selected and not lost:
        return selected
    raise RollwayError(
        "--limit",
        f"it leaves out {', '.join(lost)}" if lost else "it matches no app host",
        accepted=f"app hosts ({', '.join(inputs.app_hosts)}); every edge takes part",
        next=f"--limit={inputs.app_hosts[0]} (for ansible-playbook "
        f"-e rollway_limit={inputs.app_hosts[0]})",
    )


def _is_address(text: str | None) -> bool:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return False
    return not (address.is_unspecified or address.is_multicast)


def _choose_app(inputs: Inputs) -> str:
    known = sorted(path.parent.name for path in inputs.apps_dir.glob("*/compose.yml"))
    if not inputs.app and len(known) == 1:
        return known[0]
    app = names.app_name(inputs.app) if inputs.app else ""
    if app not in known and inputs.verb != REMOVE:  # its folder may be gone already
        raise RollwayError(
            f"apps/{app}" if app else "--app",
            "there is no such application" if app else "no application was named",
            accepted=", ".join(known) or "a folder with a compose.yml under apps/",
            next="pass --app=NAME (rollway_app=NAME for ansible-playbook)",
        )
    return app
