from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.errors import RollwayError
from rollway.rollout.reading import open_run, read
from rollway.rollout.request import load_request
from tests.unit.rollout.reading_fixtures import inputs_for


def test_a_request_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    run_dir = read(inputs_for(tmp_path))
    assert load_request(run_dir).app == "iris"
    assert run_dir.stat().st_mode & 0o777 == 0o700
    assert (run_dir / "request.json").stat().st_mode & 0o777 == 0o600


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
    request = load_request(read(inputs_for(tmp_path, **fleet, **limits)))
    assert request.app_hosts == chosen
    assert request.outside == [host for host in addresses if host not in chosen]
    assert request.edges == ["both-1", "edge-1"]


def test_a_scale_asks_for_a_service_and_a_number(tmp_path: Path) -> None:
    asked = load_request(read(inputs_for(tmp_path, verb="scale", service="api", replicas="3")))
    assert (asked.verb, asked.service, asked.replicas, asked.manifest) == ("scale", "api", 3, None)


def test_what_is_removed_may_have_lost_its_folder(tmp_path: Path) -> None:
    assert load_request(read(inputs_for(tmp_path, verb="remove", app="gone"))).app == "gone"


def test_reading_needs_no_confirmation(tmp_path: Path) -> None:
    assert read(inputs_for(tmp_path, must_confirm=True, reads_only=True)).exists()


def test_records_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(RollwayError, match="cannot be made: Not a directory"):
        open_run(tmp_path / "runs", "run-1")


def test_hosts_know_the_environment_by_its_own_name_or_the_one_it_had(tmp_path: Path) -> None:
    assert load_request(read(inputs_for(tmp_path, known_as="staging"))).run["env"] == "staging"


def test_hosts_that_are_gone_are_names(tmp_path: Path) -> None:
    assert load_request(read(inputs_for(tmp_path, gone="app-1, app-2"))).gone == ["app-1", "app-2"]
    long = ["a" * 253, "2001:db8::5"]
    assert load_request(read(inputs_for(tmp_path, gone=",".join(long)))).gone == long
    with pytest.raises(RollwayError, match=r"^--gone: found '\.\./x'; accepted: 1 to 253 of"):
        read(inputs_for(tmp_path, gone="../x"))
