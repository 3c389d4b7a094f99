"""What the playbook hands over to the step `read`, and what of it cannot be."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rollway import names
from rollway.errors import RollwayError
from rollway.rollout.doctor import DOCTOR
from rollway.rollout.locks import ACQUIRE, LOCK_VERBS
from rollway.rollout.maintenance import MAINTENANCE, OFF, ON
from rollway.rollout.numbers import whole_number
from rollway.rollout.plan import REMOVE, SCALE
from rollway.rollout.upkeep import PRUNE

CONFIRM = "rollway_confirm"
REASON_LENGTH = 200
LONGEST_WAIT = 86400
LONGEST_RETRY = 86400
MOST_REPLICAS = 100
MOST_KEPT = 1000
MOST_SHOWN = 1_000_000


@dataclass(frozen=True)
class Inputs:
    """What the playbook hands over. `addresses` is the `rollway_address` of every app host.

    `limit` are the hosts chosen for this run, and `ansible_limit` those that Ansible's own
    `--limit` leaves in; None without one. `plan_path` is a saved plan to carry out; `reason` is
    why a person freezes, `target` the run whose lock is to be released, and
    `wait_lock` how many seconds to wait for another run; `keep` is how many releases to keep.
    `service` is the only one to restart, or the one that a scale gives so many `replicas`, and
    `volumes` whether a remove takes them. `switch` and `retry_seconds` are about a page of
    maintenance. `groups` are the inventory's, with their app hosts. `gone` names hosts that
    a person knows to be down for good, between commas.
    `known_as` is what hosts know the environment by, '' where the inventory has no name to rely on.
    `project` is the plain Compose project to adopt, the application's name when empty, and
    `keeps_web` whether its web containers stay.
    """

    verb: str
    env: str
    app: str
    version: str
    to: str
    run_id: str
    apps_dir: Path
    runs_dir: Path
    app_hosts: list[str]
    edges: list[str]
    addresses: dict[str, str]
    registry: Mapping[str, str | None]
    variables: Mapping[str, str]
    url: str
    process: int
    reads_only: bool
    must_confirm: bool
    limit: list[str] | None = None
    ansible_limit: list[str] | None = None
    plan_path: str = ""
    reason: str = ""
    target: str = ""
    wait_lock: str = ""
    keep: str = ""
    service: str = ""
    replicas: str = ""
    volumes: bool = False
    switch: str = ""
    retry_seconds: int = 0
    is_confirmed: bool = False
    groups: Mapping[str, list[str]] = field(default_factory=dict)
    gone: str = ""
    known_as: str = ""
    project: str = ""
    keeps_web: bool = False


def check_confirmed(inputs: Inputs, app_hosts: Sequence[str]) -> None:
    """An environment that asks first wants an answer before anything is changed."""
    if inputs.must_confirm and not inputs.reads_only and inputs.verb not in LOCK_VERBS:
        raise RollwayError(
            CONFIRM,
            f"{inputs.env} asks before a {inputs.verb}",
            accepted="a yes at the terminal, --yes, or rollway_yes=true for ansible-playbook",
            next=f"./invoke {_verb(inputs)} {_options(inputs, app_hosts)} --yes",
        )


def check_reason(inputs: Inputs) -> None:
    """A freeze that says nothing leaves everybody else to guess."""
    words = inputs.reason.strip()
    is_optional = inputs.verb != ACQUIRE and not words
    if is_optional or (words and words.isprintable() and len(words) <= REASON_LENGTH):
        return
    raise RollwayError(
        "--reason",
        f"found {words[:REASON_LENGTH]!r}" if words else "no reason was given",
        accepted=f"one line of up to {REASON_LENGTH} characters, for whoever is refused",
        next=f'./invoke {_verb(inputs)} --env={inputs.env} --reason="moving the database"',
    )


def check_removal(inputs: Inputs) -> None:
    """A remove names its application, and is for the whole fleet."""
    if inputs.verb != REMOVE:
        return
    which = f"./invoke {REMOVE} --env={inputs.env} --app={inputs.app or 'NAME'} --yes"
    if not inputs.app:
        raise RollwayError(
            "--app", "no application was named", "the name of one, in full", next=which
        )
    reached = inputs.limit if inputs.limit is not None else inputs.ansible_limit
    if reached is not None and set(inputs.app_hosts) - set(reached):
        raise RollwayError(
            "--limit",
            "it leaves out app hosts, where the application would stay without an edge",
            accepted="the whole fleet; a host that leaves is taken out of the group app",
            next=which,
        )


def check_switch(inputs: Inputs) -> None:
    """A page of maintenance is on or off, and tells clients when to come back."""
    if inputs.verb != MAINTENANCE:
        return
    if inputs.switch not in (ON, OFF):
        raise RollwayError(
            MAINTENANCE,
            f"found {inputs.switch!r}",
            accepted=f"{ON} or {OFF}",
            next=f"./invoke {MAINTENANCE} {ON} --env={inputs.env} (rollway_maintenance={ON} for "
            "ansible-playbook)",
        )
    if not 0 < inputs.retry_seconds <= LONGEST_RETRY:
        raise RollwayError(
            "rollway_maintenance_retry_seconds",
            f"found {inputs.retry_seconds}",
            accepted=f"seconds, 1 to {LONGEST_RETRY}",
            next=f"edit group_vars/all.yml of inventories/{inputs.env}",
        )


def retry_after(verb: str, read: Callable[[str], Any]) -> int:
    """When clients of a page are to come back; a typo in it shall keep no rollback from a fleet."""
    if verb != MAINTENANCE:
        return 0
    name, text = "rollway_maintenance_retry_seconds", str(read("release_maintenance_retry_seconds"))
    bounds = range(1, LONGEST_RETRY + 1)
    return whole_number(text, name, bounds=bounds, what="seconds, ", example=f"{name}=120")


def addresses_of(
    hosts: Sequence[str],
    variables: Mapping[str, Mapping[str, Any]],
    failure: type[Exception],
) -> dict[str, str]:
    """Host → its `rollway_address`; RollwayError names every host whose template fails."""
    found: dict[str, str] = {}
    spoiled = []
    for host in hosts:
        try:
            found[host] = str(variables[host].get("rollway_address", ""))
        except failure as error:
            spoiled.append(f"{host}/rollway_address: {_one_line(error)}")
    if not spoiled:
        return found
    raise RollwayError(
        "",
        "\n  ".join(spoiled),
        accepted="the IP address at which the edge reaches the host",
        next="edit hosts.yml of the inventory",
    )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def check_scale(inputs: Inputs) -> None:
    """A scale names a service and a number of replicas, never none."""
    if inputs.verb != SCALE:
        return
    if not inputs.service:
        raise RollwayError(
            "--service",
            "no service was named",
            accepted="a web service or a worker of the release that serves",
            next=f"./invoke {SCALE} --env={inputs.env} --service=NAME --replicas=2",
        )
    replica_count(inputs.replicas)


def replica_count(text: str) -> int:
    """How many replicas a scale asks for on each app host."""
    return whole_number(
        text,
        "--replicas",
        bounds=range(1, MOST_REPLICAS + 1),
        note=" on each app host; a service that is to run nowhere is taken out of the Compose file",
        example="--replicas=2 (rollway_replicas=2 for ansible-playbook)",
    )


def gone_hosts(text: str) -> list[str]:
    """The hosts that are down for good, as they were typed."""
    typed = [one.strip() for one in text.split(",")]
    return [names.host_name(one, where="--gone") for one in typed if one]


def wait_seconds(text: str) -> int:
    """How long to wait for another run."""
    return whole_number(
        text,
        "--wait-lock",
        bounds=range(LONGEST_WAIT + 1),
        what="seconds, ",
        example="--wait-lock=600",
    )


def kept_count(text: str) -> int:
    """How many releases a prune leaves."""
    bounds = range(1, MOST_KEPT + 1)
    return whole_number(text, "--keep", bounds=bounds, what="releases, ", example="--keep=5")


def shown_count(text: str) -> int:
    """How many runs a history or an audit shows."""
    return whole_number(text, "--count", bounds=range(1, MOST_SHOWN + 1), example="--count=20")


def _verb(inputs: Inputs) -> str:
    return f"{inputs.verb} {inputs.switch}" if inputs.switch else inputs.verb


def _options(inputs: Inputs, app_hosts: Sequence[str]) -> str:
    """What was asked for, to type it again."""
    planned = {"plan": inputs.plan_path}
    asked = {"env": inputs.env, "app": inputs.app, "version": inputs.version, "to": inputs.to}
    asked |= {"service": inputs.service, "replicas": inputs.replicas, "project": inputs.project}
    asked["limit"] = ",".join(app_hosts) if inputs.limit is not None else ""
    asked["keep"] = inputs.keep if inputs.verb == PRUNE else ""
    beside = {"gone": inputs.gone, "reason": inputs.reason.strip()}
    beside["wait-lock"] = "" if inputs.wait_lock == "0" else inputs.wait_lock
    named = {**(planned if inputs.plan_path else asked), **beside}
    words = [f"--{name}={shlex.quote(value)}" for name, value in named.items() if value]
    switches = {
        "keep": inputs.keeps_web,
        "fix": inputs.verb == DOCTOR,
        "volumes": inputs.volumes,
    }
    return " ".join([*words, *(f"--{name}" for name, is_set in switches.items() if is_set)])
