"""A host or its engine restarts in mid-run: only what is on record serves afterwards."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.fleet import Fleet, until
from tests.integration.fault_fleet import GOOD, deploy_past_first_wave, is_whole
from tests.integration.lab_fleet import Lab
from tests.load import traffic

pytestmark = pytest.mark.long(seconds=90)

LOST = "app-2"
BOOT_SECONDS = 120.0
RATE, SHARE = 120.0, 1 / 3
SLOWEST_SECONDS = 4.0  # silence is known after 2.3 s at most, then the request goes elsewhere


@contextlib.contextmanager
def _without_power(lab: Lab, host: str) -> Iterator[None]:
    """Everything on the host ends at once; it boots when the block ends."""
    container = f"rollway-{lab.env}-{host}"
    subprocess.run(["docker", "kill", container], check=True, stdout=subprocess.PIPE)
    try:
        yield
    finally:
        subprocess.run(["docker", "start", container], check=True, stdout=subprocess.PIPE)


def test_a_host_without_power_comes_back_with_the_release_on_record(
    fleet: Fleet, baking: Lab
) -> None:
    with traffic(fleet.lab.url, versions=GOOD, rate=RATE, finishes_streams=False) as report:
        process, _ = deploy_past_first_wave(baking, fleet.other)
        with _without_power(fleet.lab, LOST):
            said, errors = process.communicate(timeout=180)
    print(f"without power: {errors}; slowest {report.slowest:.2f} s; {report.lost_by_profile}")
    assert process.returncode == exits.NEEDS_PERSON, errors
    assert LOST in said
    assert report.slowest <= SLOWEST_SECONDS, report.lost
    # only what was on its way to that host
    assert report.failed <= RATE * SHARE * SLOWEST_SECONDS, report.lost
    until(lambda: _serves_again(fleet), f"{LOST} never came back", seconds=BOOT_SECONDS)
    with fleet.unharmed():
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def _serves_again(fleet: Fleet) -> bool:
    """The host's recorded release is the one from before, and the edge has found it."""
    hosts = {one["host"]: one for one in fleet.lab.status()["hosts"]}
    one = hosts[LOST]
    return bool(one["in_rotation"] and one["healthy"] and one["version"] == fleet.now)


def test_an_engine_that_restarts_takes_nothing_down(fleet: Fleet, baking: Lab) -> None:
    """Containers outlive it (live-restore); whether the run outlives it depends on the moment."""
    with fleet.unharmed():
        process, _ = deploy_past_first_wave(baking, fleet.other)
        fleet.lab.on(LOST, "systemctl", "restart", "docker.service")
        _, errors = process.communicate(timeout=180)
    assert process.returncode in (exits.DONE, exits.FAILED), errors
    serves = fleet.other if process.returncode == exits.DONE else fleet.now
    fleet.serves(serves)


def test_a_host_that_boots_between_runs_serves_what_it_served(fleet: Fleet) -> None:
    with _without_power(fleet.lab, LOST):
        pass
    until(
        lambda: is_whole(fleet.lab.status(), fleet.now),
        "the fleet is not whole again",
        seconds=BOOT_SECONDS,
    )
    with fleet.unharmed():
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)
