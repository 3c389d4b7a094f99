from __future__ import annotations

import pytest

from rollway.lab.plan import Lab, Surroundings, Wish, make
from rollway.lab.up import _is_as_wished, _wish

FREE = Surroundings((), lambda _port: True)
STANDING = make(Wish("lab-x", "bare", 2, 0), FREE, before=None)

WISHES = [
    pytest.param(None, None, None, Wish("lab-x", "ready", 3, 1), id="three and one at first"),
    pytest.param(STANDING, None, None, Wish("lab-x", "bare", 2, 0), id="as before"),
    pytest.param(STANDING, 4, None, Wish("lab-x", "bare", 4, 0), id="more hosts, edges as before"),
    pytest.param(STANDING, None, 2, Wish("lab-x", "bare", 2, 2), id="edges, hosts as before"),
    pytest.param(None, 1, 0, Wish("lab-x", "ready", 1, 0), id="one host for all"),
]


@pytest.mark.parametrize(("before", "hosts", "edges", "expected"), WISHES)
def test_what_is_not_said_stays_as_it_was(
    before: Lab | None, hosts: int | None, edges: int | None, expected: Wish
) -> None:
    wish = _wish("lab-x", hosts, edges, None, before)
    assert wish == expected
    assert _is_as_wished(STANDING, wish) == (hosts is None and edges is None and before is STANDING)
