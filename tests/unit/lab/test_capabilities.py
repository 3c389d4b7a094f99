from __future__ import annotations

import pytest

from rollway.lab.capabilities import grantable

CASES = [
    pytest.param("CapBnd:\t000001ffffffffff\n", 38, True, id="everything is granted as root"),
    pytest.param("CapBnd:\t000001fffeffffff\n", 37, False, id="a sandbox lacks SYS_RESOURCE"),
    pytest.param("", 37, False, id="where nothing is known SYS_RESOURCE is left out"),
    pytest.param("Name:\tx\nCapBnd:\t0000000000000000\n", 0, False, id="nobody may grant nothing"),
]


@pytest.mark.parametrize(("status", "count", "has_resource"), CASES)
def test_capabilities_are_those_of_the_bounding_set(
    status: str, count: int, has_resource: bool
) -> None:
    names = grantable(status)
    assert len(names) == count
    assert ("SYS_RESOURCE" in names) is has_resource


def test_names_newer_than_docker_20_10_are_left_out() -> None:
    assert {"BPF", "PERFMON", "CHECKPOINT_RESTORE"}.isdisjoint(grantable("CapBnd:\tffffffffff\n"))
