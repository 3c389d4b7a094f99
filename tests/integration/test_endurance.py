"""Two hundred deploys under load: nothing is lost, and nothing grows.

ROLLWAY_DEPLOYS=30 makes it a shorter series; what there was after a tenth of the deploys (20 of
200) is compared with what there is after the last.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import asdict, dataclass
from itertools import cycle, islice

import pytest

from tests.integration.edge_place import ssh
from tests.integration.fault_fleet import GOOD, build, deploy
from tests.integration.lab_fleet import Lab
from tests.load import Report, traffic

DEPLOYS = int(os.environ.get("ROLLWAY_DEPLOYS", "200"))
SETTLED = max(6, DEPLOYS // 10)  # by then retention has something to take away
BASELINE_DEPLOYS = 4
RATIO = 1.5
RETENTION = 5
SIZE_SLACK = 256 * 1024  # audit.jsonl has a line for each deploy
MEMORY_SLACK_KIB = 16 * 1024


@dataclass(frozen=True)
class Footprint:
    """What Rollway takes: counts over all app hosts, bytes, and KiB of the edge's memory."""

    containers: int
    networks: int
    images: int
    host_bytes: int
    edge_bytes: int
    haproxy_kib: int


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Lab:
    """The lab with both versions built, the second one serving."""
    for version in GOOD:
        build(lab, version)
    for version in GOOD:
        deploy(lab, version)
    return lab


@pytest.mark.long
def test_many_deploys_lose_nothing_and_leave_nothing(fleet: Lab) -> None:
    _series(fleet, SETTLED)
    early = _footprint(fleet)
    _series(fleet, DEPLOYS - SETTLED)
    late = _footprint(fleet)
    print(f"endurance: after {SETTLED} {asdict(early)}, after {DEPLOYS} {asdict(late)}")
    assert (late.containers, late.networks) == (early.containers, early.networks)
    assert late.images <= early.images + RETENTION
    assert late.host_bytes <= early.host_bytes + SIZE_SLACK
    assert late.edge_bytes <= early.edge_bytes + SIZE_SLACK
    assert late.haproxy_kib <= early.haproxy_kib + MEMORY_SLACK_KIB


def _series(lab: Lab, count: int) -> None:
    with traffic(lab.url, versions=GOOD) as report:
        for version in islice(cycle(GOOD), count):
            deploy(lab, version)
    assert report.lost == []
    assert report.cut_streams == []


@pytest.mark.long
def test_deploys_do_not_slow_requests_down(fleet: Lab) -> None:
    assert latency_ratio(fleet) <= RATIO


def latency_ratio(lab: Lab) -> float:
    """p99 during a few deploys against p99 of the same time without."""
    during, seconds = _during(lab)
    with traffic(lab.url, versions=GOOD) as before:
        subprocess.run(["sleep", f"{seconds:.0f}"], check=True)
    ratio = during.latency["p99"] / before.latency["p99"]
    print(f"latency: p99 {before.latency['p99']} s before, {during.latency['p99']} s: {ratio:.2f}")
    return ratio


def _during(lab: Lab) -> tuple[Report, float]:
    with traffic(lab.url, versions=GOOD) as report:
        for version in islice(cycle(GOOD), BASELINE_DEPLOYS):
            deploy(lab, version)
    assert report.lost == []
    return report, report.seconds


def _footprint(lab: Lab) -> Footprint:
    hosts = [_numbers(lab, host, HOST) for host in lab.hosts]
    containers, networks, images, size = (sum(column) for column in zip(*hosts, strict=True))
    edge_bytes, memory = _numbers(lab, "edge-1", EDGE)
    return Footprint(containers, networks, images, size, edge_bytes, memory)


HOST = (
    "docker ps --all --quiet | wc -l; docker network ls --quiet | wc -l; "
    "docker images --quiet | wc -l; du --summarize --bytes /var/lib/rollway | cut -f1"
)
EDGE = (
    "du --summarize --bytes /var/lib/rollway-edge | cut -f1; "
    "ps --no-headers -C haproxy -o rss | awk '{sum += $1} END {print sum}'"
)


def _numbers(lab: Lab, host: str, command: str) -> list[int]:
    ran = subprocess.run(
        [*ssh(lab.inventory, host), command], capture_output=True, text=True, check=True
    )
    return [int(line) for line in ran.stdout.split()]
