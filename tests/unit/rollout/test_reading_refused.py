"""What a run is refused for before it looks at any host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.errors import RollwayError
from rollway.rollout.inputs import CONFIRM
from rollway.rollout.reading import read
from tests.unit.rollout.reading_fixtures import inputs_for

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    (
        "no app hosts",
        {"app_hosts": []},
        (
            "inventories/staging: the group app has no hosts; accepted: at least one host in each "
            "of the groups app and edge; next: add one to inventories/staging/hosts.yml"
        ),
    ),
    (
        "a slot of Rollway's own as the project to adopt",
        {"verb": "adopt", "version": "1.0.0", "project": "iris-blue"},
        (
            "--project: iris-blue is a project of Rollway's own; accepted: one that docker compose "
            "up made; next: ./invoke adopt --env=staging --app=iris --version=X --project=NAME"
        ),
    ),
    (
        "a project to adopt that is a path",
        {"verb": "adopt", "version": "1.0.0", "project": "../x"},
        ("--project: found '../x'; accepted: 1 to 63 of a-z 0-9 _ -, the first a letter or digit"),
    ),
    (
        "a remove of nothing in particular",
        {"verb": "remove"},
        (
            "--app: no application was named; accepted: the name of one, in full; "
            "next: ./invoke remove --env=staging --app=NAME --yes"
        ),
    ),
    (
        "a remove of some hosts",
        {
            "verb": "remove",
            "app": "iris",
            "app_hosts": ["app-1", "app-2"],
            "limit": ["app-1"],
            "addresses": {"app-1": "192.0.2.11", "app-2": "192.0.2.12"},
        },
        (
            "--limit: it leaves out app hosts, where the application would stay without an edge; "
            "accepted: the whole fleet; a host that leaves is taken out of the group app; "
            "next: ./invoke remove --env=staging --app=iris --yes"
        ),
    ),
    (
        "a page neither on nor off",
        {"verb": "maintenance", "switch": "maybe", "retry_seconds": 120},
        (
            "maintenance: found 'maybe'; accepted: on or off; next: ./invoke maintenance on "
            "--env=staging (rollway_maintenance=on for ansible-playbook)"
        ),
    ),
    (
        "a page without a time to come back",
        {"verb": "maintenance", "switch": "on", "retry_seconds": 0},
        (
            "rollway_maintenance_retry_seconds: found 0; accepted: seconds, 1 to 86400; next: "
            "edit group_vars/all.yml of inventories/staging"
        ),
    ),
    (
        "a scale of nothing in particular",
        {"verb": "scale", "replicas": "3"},
        (
            "--service: no service was named; accepted: a web service or a worker of the release "
            "that serves; next: ./invoke scale --env=staging --service=NAME --replicas=2"
        ),
    ),
    *[
        (
            f"a scale to {replicas!r}",
            {"verb": "scale", "service": "api", "replicas": replicas},
            (
                f"--replicas: {found}; accepted: 1 to 100 on each app host; a service that is to "
                "run nowhere is taken out of the Compose file; next: --replicas=2 "
                "(rollway_replicas=2 for ansible-playbook)"
            ),
        )
        for replicas, found in (
            ("", "no number was given"),
            *((one, f"found {one!r}") for one in ("0", "-1", "101", "1e1", "two", "٣")),
            ("9" * 5000, f"found '{'9' * 40}…'"),
        )
    ],
    (
        "a scale where the environment asks first",
        {"verb": "scale", "must_confirm": True, "service": "api", "replicas": "3"},
        (
            f"{CONFIRM}: staging asks before a scale; accepted: a yes at the terminal, --yes, "
            "or rollway_yes=true for ansible-playbook; next: ./invoke scale --env=staging "
            "--service=api --replicas=3 --yes"
        ),
    ),
    (
        "a limit without app hosts",
        {"limit": ["edge-1", "localhost"]},
        (
            "--limit: it matches no app host; accepted: app hosts (app-1); every edge takes part; "
            "next: --limit=app-1 (for ansible-playbook -e rollway_limit=app-1)"
        ),
    ),
    (
        "a limit of Ansible's own without an edge",
        {"ansible_limit": ["app-1", "localhost"]},
        (
            "--limit: it leaves out edge-1; accepted: app hosts (app-1); every edge takes part; "
            "next: --limit=app-1 (for ansible-playbook -e rollway_limit=app-1)"
        ),
    ),
    (
        "no edge",
        {"edges": []},
        (
            "inventories/staging: the group edge has no hosts; accepted: at least one host in each "
            "of the groups app and edge; next: add one to inventories/staging/hosts.yml"
        ),
    ),
    *[
        (
            f"the address {address!r}",
            {"addresses": {"app-1": address}},
            (
                "inventories/staging: app-1: rollway_address is not set, or is no address; "
                "accepted: the IP address at which the edge reaches the host; next: set it in "
                "inventories/staging/hosts.yml"
            ),
        )
        for address in ("", "None", "not an address; x", "0.0.0.0", "999.1.1.1", "192.0.2.1/24")
    ],
    (
        "an unknown application",
        {"app": "nope"},
        (
            "apps/nope: there is no such application; accepted: iris; next: pass --app=NAME "
            "(rollway_app=NAME for ansible-playbook)"
        ),
    ),
    (
        "an environment that asks first",
        {"must_confirm": True},
        (
            f"{CONFIRM}: staging asks before a rollback; accepted: a yes at the terminal, --yes, "
            "or rollway_yes=true for ansible-playbook; next: ./invoke rollback --env=staging --yes"
        ),
    ),
    (
        "an environment that asks first, and options",
        {"must_confirm": True, "app": "iris", "to": "1-a", "limit": ["app-1", "edge-1"]},
        (
            f"{CONFIRM}: staging asks before a rollback; accepted: a yes at the terminal, --yes, "
            "or rollway_yes=true for ansible-playbook; next: ./invoke rollback --env=staging "
            "--app=iris --to=1-a --limit=app-1 --yes"
        ),
    ),
    (
        "an environment that asks first, and a saved plan",
        {"must_confirm": True, "app": "iris", "plan_path": "/tmp/plan.json"},
        (
            f"{CONFIRM}: staging asks before a rollback; accepted: a yes at the terminal, --yes, "
            "or rollway_yes=true for ansible-playbook; next: ./invoke rollback "
            "--plan=/tmp/plan.json --yes"
        ),
    ),
]


AGAIN: list[tuple[str, dict[str, Any], str]] = [
    (
        "a remove with all its data",
        {"verb": "remove", "app": "iris", "volumes": True, "wait_lock": "60"},
        "remove --env=staging --app=iris --wait-lock=60 --volumes",
    ),
    (
        "a deploy while a host is gone for good",
        {"verb": "deploy", "version": "2", "gone": "app-1, app-2", "wait_lock": "0"},
        "deploy --env=staging --version=2 --gone='app-1, app-2'",
    ),
    (
        "a saved plan that waits",
        {"verb": "deploy", "plan_path": "/tmp/a plan", "wait_lock": "5", "gone": "app-2"},
        "deploy --plan='/tmp/a plan' --gone=app-2 --wait-lock=5",
    ),
    (
        "a page with its reason",
        {"verb": "maintenance", "switch": "on", "reason": "it's moving"},
        "maintenance on --env=staging --reason='it'\"'\"'s moving'",
    ),
]


@pytest.mark.parametrize(("asked", "words"), [c[1:] for c in AGAIN], ids=[c[0] for c in AGAIN])
def test_who_is_asked_first_is_told_all_that_was_typed(
    asked: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(RollwayError) as refusal:
        read(inputs_for(tmp_path, must_confirm=True, **asked))
    assert refusal.value.next == f"./invoke {words} --yes"


@pytest.mark.parametrize(
    ("changes", "message"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refusals(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(RollwayError) as refusal:
        read(inputs_for(tmp_path, **changes))
    assert (str(refusal.value), refusal.value.exit_code) == (message, exits.USAGE)
    assert not (tmp_path / "runs").exists()
