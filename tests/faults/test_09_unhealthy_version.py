"""A version that never gets well, or turns bad in its bake: the whole fleet stays as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollway import exits
from tests.integration.fault_fleet import (
    GOOD,
    build,
    deploy,
    environment,
    events,
    serve,
    versions,
)
from tests.integration.lab_fleet import Lab
from tests.load import traffic

pytestmark = pytest.mark.fault

SLOW, NEVER, TURNS = "v-slow", "v-never", "v-turns-10"
# It turns bad some seconds after its start: after its shift, and before the end of its bake, on a
# slow machine, too.
BAKE_SECONDS, TURNS_AFTER = 12, 10
RATE = 120.0
SHARE = 1 / 3  # of the requests, while one of three hosts has the bad release


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Iterator[Lab]:
    """The lab with a short time to start, a bake, and the first good version serving."""
    with environment(lab, "bad", START_PERIOD="8s", BAKE_SECONDS=str(BAKE_SECONDS)) as bad:
        serve(lab)  # without a bake
        yield bad


UNREADY = [
    pytest.param(NEVER, {"FAULT": "never_ready"}, id="it never says that it is ready"),
    pytest.param(
        SLOW, {"FAULT": "slow", "FAULT_SECONDS": "600"}, id="it is slower than its own deadline"
    ),
]


@pytest.mark.long
@pytest.mark.parametrize(("version", "fault"), UNREADY)
def test_a_release_that_is_not_ready_in_time_never_serves(
    fleet: Lab, version: str, fault: dict[str, str]
) -> None:
    """Docker calls it unhealthy within start_period + retries * (interval + timeout): 32 s."""
    build(fleet, version, **fault)
    before = fleet.status()["release"]
    with traffic(fleet.url, versions=[GOOD[0]]) as report:
        result = deploy(fleet, version, code=exits.FAILED)
    print(f"not ready: {result['sentence']}; {result['reasons']}")
    assert report.lost == []
    assert versions(fleet) == [GOOD[0]] * 3
    assert f"-{version} failed; the whole fleet serves {before}" in result["said"]
    assert "next: ./invoke status" in result["said"]


def test_a_release_that_turns_bad_in_its_bake_goes_back(fleet: Lab) -> None:
    build(fleet, TURNS, FAULT="ready_then_failing", FAULT_SECONDS=str(TURNS_AFTER))
    with traffic(fleet.url, versions=[GOOD[0], TURNS], rate=RATE) as report:
        result = deploy(fleet, TURNS, code=exits.FAILED)
    seen = [one for one in result["observed"] if one["failed"] or one["went_down"]]
    shift, back = _moves(result["run"])
    print(f"turns: {result['observed']}; reasons {result['reasons']}; lost {report.lost}")
    print(f"turns: back {back - shift:.2f} s after the bake failed")
    assert len(seen) == 1
    assert 0 < seen[0]["seconds"] < BAKE_SECONDS
    assert f"seen {seen[0]['seconds']:.1f} s after the shift" in " ".join(result["reasons"])
    assert not any(name.endswith("_get") for name in report.lost_by_profile), report.lost
    # from the first failure until its check has taken it out: half of the load are POSTs; the
    # shift's end is known here only when its answer has come
    assert report.failed <= RATE / 2 * SHARE * (3.0 + back - shift)
    assert versions(fleet) == [GOOD[0]] * 3


def _moves(run: str) -> tuple[float, float]:
    """When the failed shift was over, and when the last server was back."""
    times = {event["step"]: float(event["time"]) for event in events(run)}
    return times["shift"], times["unshift"]
