"""`failure_action: pause`: the run stops where it is, and a person says promote or abort."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import (
    GOOD,
    build,
    deploy,
    deploy_past_first_wave,
    environment,
    versions,
)
from tests.integration.lab_fleet import Lab
from tests.load import traffic

pytestmark = pytest.mark.lab

# One inference in two fails, for who asks: without requests the same release looks well.
FAULTY = "v-faulty"
SETTINGS = {"BAKE_SECONDS": "2", "FAILURE_ACTION": "pause"}
WORKER = """
  worker:
    image: ${REGISTRY:-localhost:5000}/iris:${ROLLWAY_VERSION:-dev}
    command: [sh, -c, "trap exit TERM; sleep infinity & wait"]

x-rollway:
"""


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Iterator[Lab]:
    """The lab as an environment of its own that holds a run when it fails; healthy afterwards."""
    with environment(lab, "held", **SETTINGS) as held:
        for version in GOOD[:2]:
            build(held, version)
        build(held, FAULTY, FAULT="error_rate")
        yield held
    deploy(lab, GOOD[0])


@pytest.fixture
def held(lab: Lab, fleet: Lab) -> Lab:
    """A run that is held: its first host has the faulty release."""
    deploy(lab, GOOD[0])  # without a bake
    _hold(fleet)
    return fleet


def _hold(lab: Lab, *options: str) -> None:
    """Deploy the faulty release under load: its first wave fails, and the run is held."""
    with traffic(lab.url, versions={GOOD[0], FAULTY}):
        ran = lab.invoke("deploy", f"--version={FAULTY}", *options)
    assert ran.returncode == exits.HELD, ran.stderr
    assert f"next: ./invoke promote --env={lab.env} --app=iris, or ./invoke abort" in ran.stderr


def test_a_held_run_stays_where_it_is_until_promote(held: Lab) -> None:
    status = held.shown_status()
    assert status == held.status()
    assert status["outcome"] == "held"
    assert status["held"]["release"].endswith(FAULTY)
    assert versions(held) == [FAULTY, GOOD[0], GOOD[0]]
    assert held.invoke("deploy", f"--version={GOOD[1]}").returncode == exits.LOCKED
    ran = held.invoke("promote", "--json")
    assert ran.returncode == exits.DONE, ran.stderr
    assert json.loads(ran.stdout)["outcome"] == "good"
    assert versions(held) == [FAULTY] * 3
    assert held.status()["locks"] == []


@pytest.mark.long
@pytest.mark.parametrize("verb", ["abort", "rollback"])
def test_a_held_run_goes_back_as_one(held: Lab, verb: str) -> None:
    ran = held.invoke(verb)
    assert ran.returncode == exits.DONE, ran.stderr
    assert versions(held) == [GOOD[0]] * 3
    assert held.status()["locks"] == []
    assert held.invoke("rollback", f"--to={FAULTY}").returncode == exits.REFUSED


def test_without_anything_held_there_is_nothing_to_decide(fleet: Lab) -> None:
    for verb in ("promote", "abort"):
        ran = fleet.invoke(verb)
        assert ran.returncode == exits.REFUSED
        assert "nothing is held" in ran.stderr


@pytest.fixture(scope="module")
def working(fleet: Lab, lab: Lab) -> Iterator[Lab]:
    """The same hosts, and the application has a worker on each."""
    with changed_demo(_add_worker) as apps:
        with environment(lab, "held-work", apps_dir=apps, **SETTINGS) as env:
            yield env
        fleet.invoke("deploy", f"--version={GOOD[0]}")  # without it: what comes next knows none


def _add_worker(text: str) -> str:
    assert text.count("\nx-rollway:\n") == 1
    return text.replace("\nx-rollway:\n", WORKER)


@pytest.fixture
def steady(working: Lab) -> Lab:
    """The first version serves and works on every host."""
    assert working.invoke("deploy", f"--version={GOOD[0]}").returncode == exits.DONE
    _check(working, [GOOD[0]] * 3)
    return working


def _check(lab: Lab, serving: list[str], *, workers: list[str] | None = None) -> None:
    """Every host serves its version in rotation, and one worker runs: that version's, or told."""
    hosts = lab.status()["hosts"]
    assert [host["version"] for host in hosts] == serving
    assert [host["host"] for host in hosts if not host["in_rotation"]] == []
    assert [_workers(lab, host) for host in lab.hosts] == [[one] for one in workers or serving]


def _workers(lab: Lab, host: str) -> list[str]:
    """The versions of the workers that run on a host."""
    label = '{{.Label "io.rollway.release"}}'
    told = _running(lab, host, label, "--filter=label=io.rollway.class=worker")
    return [release.partition("-")[2] for release in told]


def _running(lab: Lab, host: str, told: str, *filters: str) -> list[str]:
    """What Docker tells of the application's containers that run on a host."""
    ours = "--filter=label=io.rollway.app=iris"
    return lab.on(host, "docker", "ps", f"--format={told}", ours, *filters).split()


VERDICTS = [("promote", FAULTY), ("abort", GOOD[0])]


@pytest.mark.long
@pytest.mark.parametrize(("verb", "version"), VERDICTS)
def test_workers_wait_for_the_decision(steady: Lab, verb: str, version: str) -> None:
    """No wave was accepted, so the old ones work even where the held release serves."""
    _hold(steady)
    _check(steady, [FAULTY, GOOD[0], GOOD[0]], workers=[GOOD[0]] * 3)
    ran = steady.invoke(verb)
    assert ran.returncode == exits.DONE, ran.stderr
    _check(steady, [version] * 3)


@pytest.mark.long
@pytest.mark.parametrize(("verb", "version"), VERDICTS)
def test_workers_of_an_accepted_wave_follow_the_decision(
    steady: Lab, verb: str, version: str
) -> None:
    """Nobody asks the first wave, which looks well; the second one is held."""
    process, _ = deploy_past_first_wave(steady, FAULTY)
    with traffic(steady.url, versions={GOOD[0], FAULTY}):
        _, said = process.communicate(timeout=180)
    assert process.returncode == exits.HELD, said
    _check(steady, [FAULTY, FAULTY, GOOD[0]], workers=[FAULTY, GOOD[0], GOOD[0]])
    ran = steady.invoke(verb)
    assert ran.returncode == exits.DONE, ran.stderr
    _check(steady, [version] * 3)


ONE, TWO = "app-1", "app-1,app-2"
LIMITED = [
    pytest.param("promote", ONE, [FAULTY, GOOD[0], GOOD[0]], id="promote, one host"),
    pytest.param("abort", ONE, [GOOD[0]] * 3, id="abort, one host"),
    pytest.param("promote", TWO, [FAULTY, FAULTY, GOOD[0]], id="promote, two hosts"),
    pytest.param("abort", TWO, [GOOD[0]] * 3, id="abort, two hosts"),
]


@pytest.mark.long
@pytest.mark.parametrize(("verb", "limit", "serving"), LIMITED)
def test_a_limited_run_is_held_and_decided_on_its_hosts_alone(
    steady: Lab, verb: str, limit: str, serving: list[str]
) -> None:
    before = _left_alone(steady)
    _hold(steady, f"--limit={limit}")
    status = steady.status()
    assert status["held"]["hosts"] == limit.split(",")
    assert {lock["host"] for lock in status["locks"]} == {*limit.split(","), "edge-1"}
    _check(steady, [FAULTY, GOOD[0], GOOD[0]], workers=[GOOD[0]] * 3)
    ran = steady.invoke(verb)
    assert ran.returncode == exits.DONE, ran.stderr
    _check(steady, serving)
    after = steady.status()
    assert (after["held"], after["locks"]) == (None, [])
    assert _left_alone(steady) == before


def _left_alone(lab: Lab) -> set[str]:
    """The containers that serve and work on the host that no limit names.

    Only those: a slot still warm from an earlier test may end at any time.
    """
    last = lab.status()["hosts"][-1]
    slot = f"--filter=label=io.rollway.slot={last['slot']}"
    return set(_running(lab, last["host"], "{{.ID}}", slot))
