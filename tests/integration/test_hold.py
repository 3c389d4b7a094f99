"""`failure_action: pause`: the run stops where it is, and a person says promote or abort."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.integration.lab_fleet import ROOT, Lab
from tests.load import traffic

# One inference in two fails, for who asks: without requests the same release looks well.
FAULTY, GOOD = "h-faulty", ("h-1", "h-2")
SETTINGS = {"rollway_variables": {"BAKE_SECONDS": "3", "FAILURE_ACTION": "pause"}}


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Iterator[Lab]:
    """The lab as an environment of its own that holds a run when it fails."""
    env = f"{lab.env}-held"
    folder = ROOT / "inventories" / env
    (folder / "group_vars").mkdir(parents=True)
    try:
        shutil.copy(lab.inventory / "hosts.yml", folder)
        (folder / "group_vars" / "all.yml").write_text(json.dumps(SETTINGS))
        held = Lab(env, lab.url, lab.hosts)
        for version, fault in ((GOOD[0], ""), (GOOD[1], ""), (FAULTY, "error_rate")):
            _build(held, version, fault)
        yield held
    finally:
        shutil.rmtree(folder)


def _build(lab: Lab, version: str, fault: str) -> None:
    options = [f"--build-arg=FAULT={fault}"] if fault else []
    ran = lab.invoke("build", f"--version={version}", *options)
    assert ran.returncode == exits.DONE, ran.stderr


@pytest.fixture
def held(fleet: Lab) -> Lab:
    """A run that is held: its first host has the faulty release."""
    assert fleet.invoke("deploy", f"--version={GOOD[0]}").returncode == exits.DONE
    with traffic(fleet.url, versions={GOOD[0], FAULTY}):
        ran = fleet.invoke("deploy", f"--version={FAULTY}")
    assert ran.returncode == exits.HELD, ran.stderr
    assert f"next: ./invoke promote --env={fleet.env} --app=iris, or ./invoke abort" in ran.stderr
    return fleet


def _versions(lab: Lab) -> list[str]:
    return [host["version"] for host in lab.status()["hosts"]]


def test_a_held_run_stays_where_it_is_until_promote(held: Lab) -> None:
    status = held.status()
    assert status["outcome"] == "held"
    assert status["held"]["release"].endswith(FAULTY)
    assert _versions(held) == [FAULTY, GOOD[0], GOOD[0]]
    assert held.invoke("deploy", f"--version={GOOD[1]}").returncode == exits.LOCKED
    ran = held.invoke("promote", "--json")
    assert ran.returncode == exits.DONE, ran.stderr
    assert json.loads(ran.stdout)["outcome"] == "good"
    assert _versions(held) == [FAULTY] * 3
    assert held.status()["locks"] == []


@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_a_held_run_goes_back_as_one(held: Lab, verb: str) -> None:
    ran = held.invoke(verb)
    assert ran.returncode == exits.DONE, ran.stderr
    assert _versions(held) == [GOOD[0]] * 3
    assert held.status()["locks"] == []
    assert held.invoke("rollback", f"--to={FAULTY}").returncode == exits.REFUSED


def test_without_anything_held_there_is_nothing_to_decide(fleet: Lab) -> None:
    for verb in ("promote", "abort"):
        ran = fleet.invoke(verb)
        assert ran.returncode == exits.REFUSED
        assert "nothing is held" in ran.stderr
