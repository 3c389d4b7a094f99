"""A container that ends long after its release: it returns, or leaves rotation and shows."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.fleet import Fleet, container_of, until
from tests.integration.fault_fleet import GOOD, is_whole
from tests.integration.lab_fleet import Lab
from tests.load import traffic

pytestmark = pytest.mark.fault

HOST = "app-2"
RATE = 120.0
CRASHES = 2000  # at most, a tenth of a second after one another
# Docker waits twice as long before each start, for a minute at most.
BACK_SECONDS = 120.0
FLAG = "/run/rollway-test-crash"
END = """
for _ in $(seq "$2"); do
  test -e "$3" || exit 0
  pid=$(docker inspect --format '{{.State.Pid}}' "$1")
  test "$pid" = 0 || kill -KILL "$pid" || true
  sleep 0.1
done
"""


def test_a_container_that_ended_returns_by_itself(fleet: Fleet) -> None:
    before = _restarts(fleet.lab)
    with traffic(fleet.lab.url, versions=GOOD, rate=RATE, finishes_streams=False) as report:
        _end(fleet.lab, 1)
        until(lambda: _restarts(fleet.lab) == before + 1, "it was not started again")
        until(lambda: is_whole(fleet.lab.status(), fleet.now), "the fleet is not whole again")
    # only requests that the process had begun; a refused connection goes to another host
    assert report.failed <= report.in_flight_max, report.lost


@pytest.mark.long
def test_one_that_ends_again_and_again_leaves_rotation_and_shows(fleet: Fleet) -> None:
    with (
        traffic(fleet.lab.url, versions=GOOD, rate=RATE, finishes_streams=False) as report,
        _ending(fleet.lab),
    ):
        until(lambda: _is_out(fleet.lab), f"{HOST} is still in rotation")
        told = fleet.lab.invoke("status").stdout
    assert f"{HOST}: {container_of(fleet.lab, HOST)} ended by itself and was restarted" in told
    until(
        lambda: is_whole(fleet.lab.status(), fleet.now),
        "the fleet is not whole again",
        seconds=BACK_SECONDS,
    )
    # each time the server was found up again it may have had a few requests
    assert report.failed <= report.in_flight_max * _restarts(fleet.lab), report.lost


def _is_out(lab: Lab) -> bool:
    shown = _shown(lab)
    return not shown["healthy"] and not shown["in_rotation"] and _restarts(lab) >= 3


def _restarts(lab: Lab) -> int:
    return sum(one["restarts"] for one in _shown(lab)["restarted"])


def _shown(lab: Lab) -> dict[str, Any]:
    return next(one for one in lab.status()["hosts"] if one["host"] == HOST)


def _end(lab: Lab, times: int) -> None:
    """End the process from the host's side: `docker kill` would be a wish, not a crash."""
    lab.on(HOST, "touch", FLAG)
    lab.on(HOST, "sh", "-c", END, "sh", container_of(lab, HOST), str(times), FLAG)
    lab.on(HOST, "rm", "--force", FLAG)


@contextlib.contextmanager
def _ending(lab: Lab) -> Iterator[None]:
    """While the block runs the container ends as soon as it runs."""
    loop = threading.Thread(target=_end, args=(lab, CRASHES))
    loop.start()
    try:
        yield
    finally:
        lab.on(HOST, "rm", "--force", FLAG)
        loop.join()
