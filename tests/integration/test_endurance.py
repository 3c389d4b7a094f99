"""Two hundred deploys under load: nothing is lost, and nothing grows.

ROLLWAY_DEPLOYS=30 makes it a shorter series; what there was after a tenth of the deploys (20 of
200) is compared with what there is after the last.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import asdict, dataclass
from itertools import cycle, islice

import pytest

from rollway import exits
from tests.integration.edge_place import ssh
from tests.integration.fault_fleet import GOOD, build, deploy
from tests.integration.lab_fleet import Lab
from tests.load import STREAM_SECONDS, Report, traffic

pytestmark = pytest.mark.long(seconds=3600)

DEPLOYS = int(os.environ.get("ROLLWAY_DEPLOYS", "200"))
SETTLED = max(6, DEPLOYS // 10)  # by then retention has something to take away
BASELINE_DEPLOYS = 4
RATIO = 1.5
RETENTION = 5
RUNS_KEPT = 200
AUDIT_LINE = 400  # bytes; audit.jsonl has a line for each deploy, and is meant to keep them all
SIZE_SLACK = 16 * 1024
MEMORY_SLACK_KIB = 16 * 1024


@dataclass(frozen=True)
class Footprint:
    """What Rollway takes: counts over all app hosts, bytes without records, and what these take.

    `runs` is the largest number of recorded runs on a host, `audit_bytes` the largest such file.
    """

    containers: int
    networks: int
    images: int
    host_bytes: int
    edge_bytes: int
    haproxy_kib: int
    runs: int
    audit_bytes: int


@pytest.fixture(scope="module")
def fleet(lab: Lab) -> Lab:
    """The lab with both versions built, the second one serving."""
    for version in GOOD[:2]:
        build(lab, version)
        deploy(lab, version)
    return lab


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
    assert late.runs <= RUNS_KEPT
    assert late.audit_bytes - early.audit_bytes <= AUDIT_LINE * (DEPLOYS - SETTLED)


def _series(lab: Lab, count: int) -> None:
    with traffic(lab.url, versions=GOOD, stream_seconds=STREAM_SECONDS) as report:
        for version in islice(cycle(GOOD[:2]), count):
            deploy(lab, version)
    assert report.lost == []
    assert report.cut_streams == []


def test_deploys_do_not_slow_requests_down(fleet: Lab) -> None:
    assert latency_ratio(fleet) <= RATIO


def latency_ratio(lab: Lab) -> float:
    """p99 during a few deploys against p99 of the same time with a controller that changes nothing.

    The controller shares its cores with the edge, the hosts and the load here, as it does nowhere
    else: Ansible alone, on localhost, makes the p99 of two cores four times what it is. So both
    sides have a controller at work, and what is left is what a deploy does to hosts and edge. The
    p99 of an idle machine is printed, too.
    """
    during, seconds = _during(lab)
    with traffic(lab.url, versions=GOOD) as idle:
        subprocess.run(["sleep", f"{seconds:.0f}"], check=True)
    with traffic(lab.url, versions=GOOD) as busy:
        _only_look(lab, seconds)
    ratio = during.latency["p99"] / busy.latency["p99"]
    for name, report in (("idle", idle), ("controller only", busy), ("deploys", during)):
        print(f"latency, {name}: {report.latency}")
    print(f"latency: p99 of deploys to that of the controller only: {ratio:.2f}")
    return ratio


def _only_look(lab: Lab, seconds: float) -> None:
    """A controller that works over the fleet as a deploy does, and changes nothing."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert lab.invoke("deploy", f"--version={GOOD[0]}", "--check").returncode == exits.DONE


def _during(lab: Lab) -> tuple[Report, float]:
    with traffic(lab.url, versions=GOOD) as report:
        for version in islice(cycle(GOOD[:2]), BASELINE_DEPLOYS):
            deploy(lab, version)
    assert report.lost == []
    return report, report.seconds


def _footprint(lab: Lab) -> Footprint:
    hosts = [_numbers(lab, host, HOST + RECORDS) for host in lab.hosts]
    containers, networks, images, size, *_ = (sum(column) for column in zip(*hosts, strict=True))
    edge_bytes, memory, *records = _numbers(lab, "edge-1", EDGE + RECORDS)
    runs, audit = (
        max(column) for column in zip(records, *(one[-2:] for one in hosts), strict=True)
    )
    return Footprint(containers, networks, images, size, edge_bytes, memory, runs, audit)


HOST = (
    "docker ps --all --quiet | wc -l; docker network ls --quiet | wc -l; "
    "docker images --quiet | wc -l; "
    "du --summarize --bytes --exclude=runs --exclude=audit.jsonl /var/lib/rollway | cut -f1; "
)
EDGE = (
    "du --summarize --bytes --exclude=runs --exclude=audit.jsonl /var/lib/rollway-edge | cut -f1; "
    "ps --no-headers -C haproxy -o rss | awk '{sum += $1} END {print sum}'; "
)


RECORDS = (
    "find /var/lib/rollway* -path '*/runs/*.json' | wc -l; "
    "find /var/lib/rollway* -name audit.jsonl -printf '%s\\n' | sort -n | tail -n 1"
)


def _numbers(lab: Lab, host: str, command: str) -> list[int]:
    ran = subprocess.run(
        [*ssh(lab.inventory, host), command], capture_output=True, text=True, check=True
    )
    return [int(line) for line in ran.stdout.split()]
