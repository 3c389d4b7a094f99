"""A host is lost before a run, or between two of its waves.

Before it nothing changes; between waves every host that answers goes back, and a person is told.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.fleet import until
from tests.integration.fault_fleet import (
    GOOD,
    deploy,
    deploy_past_first_wave,
    environment,
    events,
    frozen,
    serve,
    versions,
)
from tests.integration.lab_fleet import Lab
from tests.load import StarvedError, judged, traffic

pytestmark = pytest.mark.fault

LOST = "app-2"
RATE, SHARE = 120.0, 1 / 3
SLOWEST_SECONDS = 3.0
SHORTEST_SILENCE_SECONDS = 0.5


@pytest.fixture(scope="module")
def fleet(built: Lab) -> Lab:
    """The lab with the first version serving."""
    return serve(built)


def test_a_host_lost_before_is_named_and_nothing_changes(fleet: Lab) -> None:
    before = fleet.status()
    with frozen(fleet, LOST):
        began = time.monotonic()
        ran = fleet.invoke("deploy", f"--version={GOOD[1]}")
        took = time.monotonic() - began
    print(f"lost before: exit {ran.returncode} after {took:.1f} s: {ran.stderr}")
    assert ran.returncode == exits.REFUSED, ran.stderr
    assert LOST in ran.stderr
    # a container that was frozen counts as unhealthy until its next check, every 5 s
    until(lambda: fleet.status() == before, "the fleet is not as it was before")


@pytest.fixture
def baking(fleet: Lab) -> Iterator[Lab]:
    """Time between the waves, so that a host can be lost there."""
    with environment(fleet, "lost", BAKE_SECONDS="2") as slow:
        yield slow


@pytest.mark.long
def test_a_host_lost_between_waves_ends_the_run(fleet: Lab, baking: Lab) -> None:
    judged(lambda: _lost_between(fleet, baking), say=print)


def _lost_between(fleet: Lab, baking: Lab) -> None:
    deploy(fleet, GOOD[0])
    with traffic(fleet.url, versions=GOOD, rate=RATE) as report:
        process, run = deploy_past_first_wave(baking, GOOD[1])
        with frozen(fleet, LOST):
            said, errors = process.communicate(timeout=180)
            time.sleep(1)
    result = json.loads(said)
    shifts = {event["wave"] for event in events(run) if event["step"] == "shift" and event["ok"]}
    print(f"lost between: {errors}; slowest {report.slowest:.2f} s; lost {report.lost_by_profile}")
    assert process.returncode == exits.NEEDS_PERSON, errors
    assert shifts == {0}
    assert LOST in result["sentence"]
    _puts_right(fleet)
    assert report.slowest > SHORTEST_SILENCE_SECONDS, "the host went on serving"
    # only what was in flight on the frozen host: HAProxy 3.0 repeats none of it, GETs neither
    most = RATE * SHARE * SLOWEST_SECONDS
    if report.is_overloaded and (report.slowest > SLOWEST_SECONDS or report.failed > most):
        raise StarvedError(report.sentence())
    assert report.slowest <= SLOWEST_SECONDS, report.lost
    assert report.failed <= most, report.lost


def _puts_right(lab: Lab) -> None:
    """The next deploy, with the host there again, brings all to one release."""
    deploy(lab, GOOD[1])
    assert versions(lab) == [GOOD[1]] * 3
    assert lab.status()["locks"] == []
