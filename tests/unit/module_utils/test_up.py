"""Starts on a host whose runtime trips: once more, and not for any other failure."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.rollway.boot import boot

from tests.unit.module_utils.fakes import FakeHost, a_manifest

TRIPPED = (
    "Error response from daemon: failed to create task for container: failed to create shim task: "
    "OCI runtime create failed: runc create failed: unable to start container process: waiting for "
    "init preliminary setup: read init-p: connection reset by peer: unknown\n"
)
NO_PROGRAM = (
    "Error response from daemon: failed to create task for container: failed to create shim task: "
    'OCI runtime create failed: runc create failed: unable to start container process: exec: "sv": '
    "executable file not found in $PATH: unknown\n"
)


def stage(host: FakeHost) -> dict[str, Any]:
    """Stage a release and start it in blue."""
    acquired = host.step("acquire", services=[{"name": "api", "replicas": 1}])
    how = {"generation": acquired["generation"], "slot": "blue", "then_start": True}
    return host.step("stage", manifest=a_manifest("1-1.0.0"), **how)


def test_a_start_that_the_runtime_lost_is_tried_once_more_and_told(host: FakeHost) -> None:
    host.up_trips = [TRIPPED]
    staged = stage(host)
    assert staged["ok"], staged["problem"]
    assert "iris-blue-api-1-1" in host.running()
    assert ["read init-p" in remark for remark in staged["remarks"]] == [True]


@pytest.mark.parametrize(
    ("trips", "tries"),
    [
        pytest.param([TRIPPED, TRIPPED], 2, id="twice lost is a failure"),
        pytest.param([NO_PROGRAM], 1, id="an image that cannot start"),
    ],
)
def test_what_a_second_try_would_not_mend_fails(
    host: FakeHost, trips: list[str], tries: int
) -> None:
    host.up_trips = list(trips)
    staged = stage(host)
    assert staged["problem"]["where"] == "iris-blue: docker compose up"
    assert len([argv for argv in host.commands if "up" in argv]) == tries


@pytest.mark.parametrize(
    ("trips", "running"),
    [
        pytest.param([TRIPPED], ["iris-blue-api-1-1"], id="lost once"),
        pytest.param([TRIPPED, TRIPPED], [], id="lost twice"),
        pytest.param([NO_PROGRAM], [], id="an image that cannot start"),
    ],
)
def test_the_same_for_a_container_that_stands_there_already(
    host: FakeHost, trips: list[str], running: list[str]
) -> None:
    host.deploy("1-1.0.0", "blue")
    for one in host.engine.here.values():
        one["State"]["Status"] = "exited"
    host.engine.start_trips = list(trips)
    list(boot(host.root, host.tools))
    assert [name for name in host.running() if "api" in name] == running
