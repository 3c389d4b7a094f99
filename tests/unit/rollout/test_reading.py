from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway import exits
from rollway.errors import RollwayError
from rollway.rollout.inputs import CONFIRM, Inputs
from rollway.rollout.reading import open_run, read
from rollway.rollout.request import load_request


def _inputs(tmp_path: Path, **changes: Any) -> Inputs:
    compose = tmp_path / "apps" / "iris" / "compose.yml"
    compose.parent.mkdir(parents=True, exist_ok=True)
    compose.write_text("services: {}\n")
    values: dict[str, Any] = {
        "verb": "rollback",
        "env": "staging",
        "app": "",
        "version": "",
        "to": "",
        "run_id": "run-1",
        "apps_dir": tmp_path / "apps",
        "runs_dir": tmp_path / "runs",
        "app_hosts": ["app-1"],
        "edges": ["edge-1"],
        "addresses": {"app-1": "192.0.2.11"},
        "registry": {},
        "variables": {},
        "url": "",
        "process": 1,
        "reads_only": False,
        "must_confirm": False,
        **changes,
    }
    return Inputs(**values)


def test_a_request_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    run_dir = read(_inputs(tmp_path))
    assert load_request(run_dir).app == "iris"
    assert run_dir.stat().st_mode & 0o777 == 0o700
    assert (run_dir / "request.json").stat().st_mode & 0o777 == 0o600


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
        read(_inputs(tmp_path, must_confirm=True, **asked))
    assert refusal.value.next == f"./invoke {words} --yes"


@pytest.mark.parametrize(
    ("changes", "message"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_refusals(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(RollwayError) as refusal:
        read(_inputs(tmp_path, **changes))
    assert (str(refusal.value), refusal.value.exit_code) == (message, exits.USAGE)
    assert not (tmp_path / "runs").exists()


LIMITS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("an app host that is no edge", {"limit": ["app-1"]}, ["app-1"]),
    ("both", {"limit": ["app-1"], "ansible_limit": ["app-1", "both-1", "edge-1"]}, ["app-1"]),
    ("Ansible's own", {"ansible_limit": ["both-1", "edge-1", "localhost"]}, ["both-1"]),
]


@pytest.mark.parametrize(("limits", "chosen"), [c[1:] for c in LIMITS], ids=[c[0] for c in LIMITS])
def test_a_limit_leaves_out_app_hosts_that_are_edges_too(
    limits: dict[str, Any], chosen: list[str], tmp_path: Path
) -> None:
    addresses = {"app-1": "192.0.2.11", "both-1": "192.0.2.12"}
    fleet = {"app_hosts": list(addresses), "edges": ["both-1", "edge-1"], "addresses": addresses}
    request = load_request(read(_inputs(tmp_path, **fleet, **limits)))
    assert request.app_hosts == chosen
    assert request.outside == [host for host in addresses if host not in chosen]
    assert request.edges == ["both-1", "edge-1"]


def test_a_scale_asks_for_a_service_and_a_number(tmp_path: Path) -> None:
    asked = load_request(read(_inputs(tmp_path, verb="scale", service="api", replicas="3")))
    assert (asked.verb, asked.service, asked.replicas, asked.manifest) == ("scale", "api", 3, None)


def test_what_is_removed_may_have_lost_its_folder(tmp_path: Path) -> None:
    assert load_request(read(_inputs(tmp_path, verb="remove", app="gone"))).app == "gone"


def test_reading_needs_no_confirmation(tmp_path: Path) -> None:
    assert read(_inputs(tmp_path, must_confirm=True, reads_only=True)).exists()


def test_records_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(RollwayError, match="cannot be made: Not a directory"):
        open_run(tmp_path / "runs", "run-1")


def test_hosts_know_the_environment_by_its_own_name_or_the_one_it_had(tmp_path: Path) -> None:
    assert load_request(read(_inputs(tmp_path, known_as="staging"))).run["env"] == "staging"


def test_hosts_that_are_gone_are_names(tmp_path: Path) -> None:
    assert load_request(read(_inputs(tmp_path, gone="app-1, app-2"))).gone == ["app-1", "app-2"]
    long = ["a" * 253, "2001:db8::5"]
    assert load_request(read(_inputs(tmp_path, gone=",".join(long)))).gone == long
    with pytest.raises(RollwayError, match=r"^--gone: found '\.\./x'; accepted: 1 to 253 of"):
        read(_inputs(tmp_path, gone="../x"))
