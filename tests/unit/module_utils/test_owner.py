"""An application on a host is one environment's, and no name is like another's."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.owner import is_too_like
from ansible.module_utils.rollway.sealed import read_sealed, write_sealed

from tests.unit.module_utils.fakes import FakeHost, a_manifest, a_run

FIRST = "1-1.0.0"
NEEDS = [{"name": "api", "replicas": 1}]


def _run(env: str, name: str = "run-1") -> dict[str, Any]:
    return {**a_run(name), "env": env}


def _acquire(host: FakeHost, env: str = "staging", **asked: Any) -> dict[str, Any]:
    return host.step("acquire", **{"run": _run(env), "services": NEEDS, **asked})


def _staged(host: FakeHost, env: str) -> dict[str, Any]:
    """The arguments of a run that has brought its release to the host."""
    generation = _acquire(host, env)["generation"]
    common = {"run": _run(env), "generation": generation, "slot": "blue"}
    result = host.step("stage", **common, manifest=a_manifest(FIRST), then_start=True)
    assert result["ok"], result["problem"]
    return common


@pytest.fixture
def staging(host: FakeHost) -> FakeHost:
    """A host with a release of the environment staging."""
    common = _staged(host, "staging")
    end = {"release_id": FIRST, "outcome": "good", "active_slot": "blue"}
    assert host.step("conclude", **common, **end)["ok"]
    return host


def test_a_release_says_whose_the_application_is(staging: FakeHost) -> None:
    assert staging.state()["env"] == "staging"
    assert _acquire(staging)["ok"]


STEPS: list[Any] = [
    pytest.param("acquire", {}, id="a run"),
    pytest.param("acquire", {"mode": "read"}, id="a plan, a status"),
    pytest.param("drift", {}, id="drift"),
    pytest.param("prune", {"mode": "read"}, id="prune"),
    pytest.param("doctor", {}, id="doctor"),
    pytest.param("history", {"count": 1}, id="history"),
    pytest.param("freeze", {}, id="a freeze"),
]


@pytest.mark.parametrize(("step", "asked"), STEPS)
def test_another_environment_is_refused_by_name(
    staging: FakeHost, step: str, asked: dict[str, Any]
) -> None:
    before = staging.state()
    result = staging.step(step, run=_run("production", "run-2"), **asked)
    assert (result["ok"], result["changed"], staging.state()) == (False, False, before)
    assert result["problem"] == {
        "where": str(staging.root / "iris/state.json"),
        "found": "iris on this host belongs to the environment staging",
        "accepted": "staging alone: a host has one environment of an application",
        "next": "another host in inventories/production, or another name for the application "
        "there; if production is staging under another name, set rollway_known_as: staging",
    }
    assert not (staging.root / "iris/lock.json").exists()


def test_whoever_has_no_name_to_rely_on_is_not_asked_for_one(staging: FakeHost) -> None:
    assert _acquire(staging, "")["ok"]
    assert staging.state()["env"] == "staging"


def test_a_run_that_was_refused_elsewhere_claims_nothing(host: FakeHost) -> None:
    generation = _acquire(host, "production")["generation"]
    refused = {"outcome": "aborted", "record": {"result": "refused"}}
    host.step("conclude", run=_run("production"), generation=generation, **refused)
    assert host.state()["env"] is None
    assert _acquire(host, "staging")["ok"]


def test_one_that_was_killed_has_claimed_it_from_the_first_file_on(host: FakeHost) -> None:
    _staged(host, "staging")
    assert host.state()["env"] == "staging"


def test_a_host_from_before_there_was_a_name_gets_one_with_the_next_run(host: FakeHost) -> None:
    host.deploy(FIRST, "blue")
    assert host.state()["env"] is None
    generation = _acquire(host)["generation"]
    end = {"release_id": FIRST, "outcome": "good", "active_slot": "blue"}
    host.step("conclude", run=_run("staging"), generation=generation, **end)
    assert host.state()["env"] == "staging"


def test_an_application_that_was_removed_is_anybody_s(staging: FakeHost) -> None:
    generation = _acquire(staging)["generation"]
    assert staging.step("remove", run=_run("staging"), generation=generation, record={})["ok"]
    assert _acquire(staging, "production")["ok"]


NAMES: list[Any] = [
    ("shop", "shop", False),
    ("shop", "shop-admin", False),
    ("shop", "shopping", False),
    ("shop", "shop-bluebird", False),
    ("shop", "shop_x", True),
    ("shop", "shop-blue", True),
    ("shop", "shop-jobs", True),
    ("shop", "shop-accessories", True),
    ("shop", "shop-green-2", True),
    ("shop", "shop-green_2", True),
]


@pytest.mark.parametrize(("one", "other", "refused"), NAMES)
def test_names_that_would_have_volumes_networks_or_containers_of_one_name(
    one: str, other: str, refused: bool
) -> None:
    assert is_too_like(one, other) is is_too_like(other, one) is refused


@pytest.mark.parametrize("verb", ["deploy", "adopt"])
@pytest.mark.parametrize("mode", ["lock", "read"])
@pytest.mark.parametrize("name", ["iris_x", "iris-blue"])
def test_an_application_that_is_called_almost_like_one_that_is_here_is_refused(
    staging: FakeHost, name: str, mode: str, verb: str
) -> None:
    result = _acquire(staging, app=name, mode=mode, run={**_run("staging"), "verb": verb})
    assert result["problem"]["where"] == f"apps/{name}"
    assert result["problem"]["found"].startswith("its name is too like 'iris', which is on this")
    assert not (staging.root / name).exists()


def test_another_name_is_no_matter_nor_is_one_that_is_here_already(staging: FakeHost) -> None:
    assert _acquire(staging, app="iris-admin")["ok"]
    folder = staging.root / "iris_x"
    folder.mkdir()
    content = {**(read_sealed(staging.root / "iris/state.json") or {}), "app": "iris_x"}
    write_sealed(folder / "state.json", content)
    assert _acquire(staging, app="iris_x")["ok"]
    assert _acquire(staging)["ok"]


def test_what_was_removed_counts_while_its_volumes_are_there(staging: FakeHost) -> None:
    generation = _acquire(staging)["generation"]
    staging.step("remove", run=_run("staging"), generation=generation, record={})
    assert not _acquire(staging, app="iris_x")["ok"]
    staging.engine.made_volumes.clear()
    assert _acquire(staging, app="iris_x")["ok"]
