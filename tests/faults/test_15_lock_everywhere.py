"""The lock is on every host: one that is down stops a run, and leaves no lock behind on others.

What does not concern the lost host goes on: no host is the only one that keeps the lock.
"""

from __future__ import annotations

import pytest

from rollway import exits
from tests.faults.fleet import Fleet, locked_hosts
from tests.faults.harm import silent_ssh

pytestmark = pytest.mark.long

HOSTS = ["app-1", "app-3"]  # the first by name, which is first in every list, and the last


@pytest.mark.parametrize("down", HOSTS)
def test_a_lock_that_one_host_cannot_take_is_given_back_by_the_others(
    fleet: Fleet, down: str
) -> None:
    up = [host for host in fleet.lab.hosts if host != down]
    with fleet.unharmed(), silent_ssh(fleet.lab, down):
        refused = fleet.deploy(fleet.other, code=exits.REFUSED)
        assert down in refused["said"]
        frozen = fleet.lab.invoke("lock.acquire", "--reason=one host is down")
        assert frozen.returncode == exits.REFUSED, frozen.stderr
        assert locked_hosts(fleet.lab) == []
        fleet.deploy(fleet.other, f"--limit={','.join(up)}")
    versions = {one["host"]: one["version"] for one in fleet.lab.status()["hosts"]}
    assert versions == {**dict.fromkeys(up, fleet.other), down: fleet.now}
    fleet.deploy(fleet.other)
    fleet.serves(fleet.other)
