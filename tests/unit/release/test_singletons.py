"""A worker of which the fleet has one: what the manifest says of it, and what it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rollway.errors import RollwayError
from tests.unit.release.app_fixtures import api, build, compose

GROUPS = {"rack_b": ["app-2", "app-1"]}


def _app(told: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    settings = {"class": "worker", "singleton": True, **(told or {})}
    return compose(services={"beat": api(**keys)}, x_rollway={"services": {"beat": settings}})


def _beat(folder: Path, content: dict[str, Any]) -> dict[str, Any]:
    manifest = build(folder, content, groups=GROUPS)
    return next(one for one in manifest["services"] if one["name"] == "beat")


HOSTS: list[Any] = [
    pytest.param({}, [], id="the run chooses"),
    pytest.param({"hosts": "app-2"}, ["app-2"], id="a host"),
    pytest.param({"hosts": "rack_b"}, ["app-1"], id="the first of a group"),
]


@pytest.mark.parametrize(("told", "hosts"), HOSTS)
def test_the_manifest_names_it_and_its_host(
    told: dict[str, Any], hosts: list[str], tmp_path: Path
) -> None:
    found = _beat(tmp_path, _app(told))
    assert (found["class"], found["singleton"], found["hosts"]) == ("worker", True, hosts)
    assert (found["containers"], found["start_first"]) == (["beat-1"], False)


def test_of_another_worker_nothing_is_said_so_that_no_release_changes(tmp_path: Path) -> None:
    found = _beat(tmp_path, _app({"singleton": False}))
    assert not {"singleton", "hosts"} & found.keys()


REFUSED: list[Any] = [
    pytest.param(
        {},
        {"deploy": {"replicas": 2}},
        "services/beat/deploy/replicas: 2; accepted: leave it out: a singleton runs once",
        id="two replicas",
    ),
    pytest.param(
        {},
        {"deploy": {"update_config": {"order": "start-first"}}},
        "services/beat/deploy/update_config/order: 'start-first'; "
        "accepted: stop-first: two of a singleton never run",
        id="start first",
    ),
    pytest.param(
        {"hosts": "app-9"},
        {},
        "x-rollway/services/beat/hosts: 'app-9' is no app host, and no group of them; "
        "accepted: app-2, app-1",
        id="a host that is none",
    ),
]


@pytest.mark.parametrize(("told", "keys", "message"), REFUSED)
def test_what_it_cannot_be_is_refused(
    told: dict[str, Any], keys: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(RollwayError) as caught:
        build(tmp_path, _app(told, **keys), groups=GROUPS)
    assert message in str(caught.value)
