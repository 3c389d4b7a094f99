"""What the faults start from: the lab of the integration tests, and a fleet that is whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.fleet import Fleet
from tests.integration.fault_fleet import GOOD, build, deploy, environment, is_whole
from tests.integration.lab_fleet import Lab


@pytest.fixture(scope="session")
def built(lab: Lab) -> Lab:
    """The lab, with both good versions in its registry."""
    for version in GOOD:
        build(lab, version)
    return lab


@pytest.fixture
def fleet(built: Lab) -> Fleet:
    """Every host serves the same good version, and nobody holds a lock, whatever was before."""
    status = built.status()
    now = next((version for version in GOOD if is_whole(status, version)), "")
    if not now:
        deploy(built, GOOD[0])
        now = GOOD[0]
    return Fleet(built, now=now, other=next(one for one in GOOD if one != now))


@pytest.fixture
def baking(fleet: Fleet) -> Iterator[Lab]:
    """The same hosts, where each wave is watched for a while: a run lasts until harm is done."""
    with environment(fleet.lab, "bake", BAKE_SECONDS="2") as slow:
        yield slow
