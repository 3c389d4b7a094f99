"""The edge's configuration is broken by somebody else: no reload, no harm, and a clear end.

What HAProxy itself makes of such files: tests/integration/edge_cases.py.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rollway import exits
from tests.faults.fleet import EDGE, Fleet
from tests.faults.harm import written
from tests.integration.changed_demo import changed_demo
from tests.integration.fault_fleet import environment
from tests.integration.lab_fleet import Lab
from tests.load import traffic

pytestmark = pytest.mark.long

FOREIGN = "/etc/haproxy/rollway.d/zz-foreign.cfg"
NONSENSE = "backend zz\n  nonsense here\n"
# `haproxy -c` finds nothing wrong with it; sshd has the port
TAKEN_PORT = "frontend zz\n  bind :22\n  default_backend rollway_nowhere\n"
RETRY = "retry: [GET, HEAD]"


@pytest.fixture
def rerouted(fleet: Fleet) -> Iterator[Lab]:
    """The same hosts, where the demo's backend differs: the edge has to reload."""
    with (
        changed_demo(_with_other_retries) as apps,
        environment(fleet.lab, "row19", apps_dir=apps) as env,
    ):
        yield env


def _with_other_retries(text: str) -> str:
    assert text.count(RETRY) == 1
    return text.replace(RETRY, "retry: [GET]")


def test_a_broken_configuration_stops_a_run_before_traffic_moves(
    fleet: Fleet, rerouted: Lab
) -> None:
    with fleet.unharmed():
        with fleet.unchanged(), written(fleet.lab, EDGE, FOREIGN, NONSENSE):
            result = fleet.deploy(fleet.other, lab=rerouted, code=exits.FAILED)
        assert "haproxy" in " ".join(result["reasons"])
        fleet.deploy(fleet.other, lab=rerouted)
    fleet.serves(fleet.other)


def test_a_deploy_that_needs_no_reload_does_not_mind(fleet: Fleet) -> None:
    fleet.deploy(fleet.now)  # as this environment has it, whatever a test before left at the edge
    with fleet.unharmed(), written(fleet.lab, EDGE, FOREIGN, NONSENSE):
        fleet.deploy(fleet.other)
    fleet.serves(fleet.other)


def test_a_worker_that_does_not_come_up_leaves_the_one_that_serves(
    fleet: Fleet, rerouted: Lab
) -> None:
    """HAProxy stops listening for a moment while it tries to bind; nothing of ours can help it."""
    with (
        traffic(fleet.lab.url, finishes_streams=False) as report,
        fleet.unchanged(),
        written(fleet.lab, EDGE, FOREIGN, TAKEN_PORT),
    ):
        result = fleet.deploy(fleet.other, lab=rerouted, code=exits.FAILED)
    print(f"port clash: {result['reasons']}; lost {report.lost}")
    assert "no worker came up" in " ".join(result["reasons"])
    with fleet.unharmed():
        fleet.deploy(fleet.other, lab=rerouted)
    fleet.serves(fleet.other)
